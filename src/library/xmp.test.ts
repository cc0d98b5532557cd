import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { readXmp } from "./xmp.ts";

const packet = (content: string) =>
  Buffer.from(
    `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
    <x:xmpmeta xmlns:x="adobe:ns:meta/">
      <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">${content}</rdf:RDF>
    </x:xmpmeta>${" ".repeat(200)}<?xpacket end="w"?>`,
  );

const NAMESPACES =
  'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" ' +
  'xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" ' +
  'xmlns:lr="http://ns.adobe.com/lightroom/1.0/" xmlns:digiKam="http://www.digikam.org/ns/1.0/" ' +
  'xmlns:MicrosoftPhoto="http://ns.microsoft.com/photo/1.0/" ' +
  'xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/" ' +
  'xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#" xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#" ' +
  'xmlns:MP="http://ns.microsoft.com/photo/1.2/" xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#" ' +
  'xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#"';

const description = (content: string, attributes = "") =>
  packet(`<rdf:Description rdf:about="" ${NAMESPACES} ${attributes}>${content}</rdf:Description>`);

const MWG_AS_ATTRIBUTES = `
  <mwg-rs:Regions rdf:parseType="Resource">
    <mwg-rs:AppliedToDimensions stDim:w="4000" stDim:h="3000" stDim:unit="pixel"/>
    <mwg-rs:RegionList><rdf:Bag>
      <rdf:li><rdf:Description mwg-rs:Name="Ada" mwg-rs:Type="Face">
        <mwg-rs:Area stArea:x="0.5" stArea:y="0.25" stArea:w="0.2" stArea:h="0.1" stArea:unit="normalized"/>
      </rdf:Description></rdf:li>
      <rdf:li><rdf:Description mwg-rs:Name="Rex" mwg-rs:Type="Pet">
        <mwg-rs:Area stArea:x="0.1" stArea:y="0.1" stArea:w="0.1" stArea:h="0.1"/>
      </rdf:Description></rdf:li>
    </rdf:Bag></mwg-rs:RegionList>
  </mwg-rs:Regions>`;

const MWG_AS_ELEMENTS = `
  <mwg-rs:Regions rdf:parseType="Resource">
    <mwg-rs:AppliedToDimensions rdf:parseType="Resource">
      <stDim:w>4000</stDim:w><stDim:h>3000</stDim:h><stDim:unit>pixel</stDim:unit>
    </mwg-rs:AppliedToDimensions>
    <mwg-rs:RegionList><rdf:Bag><rdf:li rdf:parseType="Resource">
      <mwg-rs:Area rdf:parseType="Resource">
        <stArea:x>2000</stArea:x><stArea:y>750</stArea:y><stArea:w>800</stArea:w><stArea:h>300</stArea:h>
        <stArea:unit>pixel</stArea:unit>
      </mwg-rs:Area>
      <mwg-rs:Name>Ada</mwg-rs:Name><mwg-rs:Type>Face</mwg-rs:Type>
    </rdf:li></rdf:Bag></mwg-rs:RegionList>
  </mwg-rs:Regions>`;

const MICROSOFT = `
  <MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag>
    <rdf:li MPReg:Rectangle="0.4, 0.2, 0.2, 0.1" MPReg:PersonDisplayName="Ada"/>
    <rdf:li MPReg:Rectangle="nonsense"/>
  </rdf:Bag></MPRI:Regions></MP:RegionInfo>`;

describe("readXmp", () => {
  it("reads properties written as attributes", () => {
    const xmp = description("", 'xmp:Rating="4" xmp:CreateDate="2023-10-05T18:04:59+02:00"');
    expect(readXmp(xmp)).toEqual({
      rating: 4,
      createDate: { local: "2023-10-05T18:04:59", offsetMinutes: 120 },
      keywords: [],
      faceRegions: [],
    });
  });

  it("reads properties written as elements, with their languages and lists", () => {
    const xmp = description(`
      <xmp:Rating>-1</xmp:Rating>
      <dc:title><rdf:Alt><rdf:li xml:lang="x-default">Boats &amp; water</rdf:li><rdf:li xml:lang="de">Boote</rdf:li></rdf:Alt></dc:title>
      <dc:description><rdf:Alt><rdf:li xml:lang="x-default">On the lake</rdf:li></rdf:Alt></dc:description>
      <dc:subject><rdf:Bag><rdf:li>boats</rdf:li><rdf:li>2023</rdf:li></rdf:Bag></dc:subject>
      <lr:hierarchicalSubject><rdf:Bag><rdf:li>Places|Switzerland|Zürich</rdf:li></rdf:Bag></lr:hierarchicalSubject>
      <digiKam:TagsList><rdf:Seq><rdf:li>People/Ada</rdf:li></rdf:Seq></digiKam:TagsList>
      <photoshop:DateCreated>2023-10-05</photoshop:DateCreated>
      <exif:GPSLatitude>47,22.5N</exif:GPSLatitude><exif:GPSLongitude>8,30,36W</exif:GPSLongitude>
      <exif:GPSTimeStamp>2023-10-05T16:04:59Z</exif:GPSTimeStamp>`);
    expect(readXmp(xmp)).toEqual({
      rating: -1,
      title: "Boats & water",
      description: "On the lake",
      keywords: ["boats", "2023", "Places", "Switzerland", "Zürich", "People", "Ada"],
      latitude: 47.375,
      longitude: -8.51,
      gpsTimeMs: Date.parse("2023-10-05T16:04:59Z"),
      faceRegions: [],
    });
  });

  it("follows the namespace where a file binds another prefix to it", () => {
    const xmp = packet('<rdf:Description xmlns:xap="http://ns.adobe.com/xap/1.0/" xap:Rating="2"/>');
    expect(readXmp(xmp)?.rating).toBe(2);
  });

  test.each([
    ["99", 5],
    ["75", 4],
    ["50", 3],
    ["25", 2],
    ["1", 1],
    ["0", undefined],
  ])("reads Microsoft's rating %s as %s stars", (percent, stars) => {
    expect(readXmp(description("", `MicrosoftPhoto:Rating="${percent}"`))?.rating).toBe(stars);
  });

  test.each([
    ["MWG regions as attributes", MWG_AS_ATTRIBUTES],
    ["MWG regions as elements, in pixels", MWG_AS_ELEMENTS],
    ["Microsoft regions", MICROSOFT],
  ])("reads faces from %s, and nothing but faces", (_name, content) => {
    const regions = readXmp(description(content))!.faceRegions;
    expect(regions).toHaveLength(1);
    const { name, normalizedBox } = regions[0]!;
    expect(name).toBe("Ada");
    expect(normalizedBox.x).toBeCloseTo(0.4);
    expect(normalizedBox.y).toBeCloseTo(0.2);
    expect(normalizedBox.width).toBeCloseTo(0.2);
    expect(normalizedBox.height).toBeCloseTo(0.1);
  });

  it("says on which image the regions were marked", () => {
    expect(readXmp(description(MWG_AS_ATTRIBUTES))?.regionsAppliedTo).toEqual({ width: 4000, height: 3000 });
  });

  it("reads UTF-16", () => {
    const text = packet(
      '<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="3"/>',
    ).toString();
    expect(readXmp(Buffer.from(text, "utf16le"))?.rating).toBe(3);
  });

  test.each([
    ["nothing", ""],
    ["text", "hello"],
    ["markup that does not end", "<x:xmpmeta><rdf:RDF"],
    ["entity definitions", `<!DOCTYPE r [<!ENTITY a "aaaaaaaa">]><rdf:RDF>&a;</rdf:RDF>`],
    ["deep nesting", `<rdf:RDF>${"<a>".repeat(100_000)}`],
  ])("gives nothing for %s", (_name, text) => {
    expect(readXmp(Buffer.from(text))?.rating).toBeUndefined();
  });

  it("is not fooled by names that mean something to JavaScript", () => {
    const xmp = description('<__proto__ xmp:Rating="5"/><constructor>x</constructor>', 'xmp:Rating="1"');
    expect(readXmp(xmp)?.rating ?? 1).toBe(1);
    expect(({} as Record<string, unknown>)["xmp:Rating"]).toBeUndefined();
  });

  it("reads four megabytes of instructions that never end within the test's time", () => {
    expect(readXmp(packet("<?xpacket".repeat(450_000)))?.rating).toBeUndefined();
  });

  it("never throws on damaged packets", () => {
    const whole = description(MWG_AS_ATTRIBUTES + MICROSOFT, 'xmp:Rating="4"');
    fc.assert(
      fc.property(
        fc.nat(whole.length - 1),
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        fc.nat(whole.length),
        (at, noise, end) => {
          const damaged = Buffer.from(whole);
          damaged.set(noise.subarray(0, damaged.length - at), at);
          const fields = readXmp(damaged.subarray(0, end));
          for (const { normalizedBox: box } of fields?.faceRegions ?? []) {
            expect(box.width > 0 && box.x >= 0 && box.x + box.width <= 1.000001).toBe(true);
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});
