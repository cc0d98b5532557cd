import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergeXmp } from "./merge-xmp.ts";
import { findXmlElements } from "./xml-elements.ts";
import { readXmp } from "./xmp.ts";

const read = (text: string) => readXmp(Buffer.from(text));
const NOTHING_REMOVED = { removedKeywords: [] };

/** As Lightroom writes it: simple values are attributes, and development settings are of no concern here. */
const LIGHTROOM = `<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 7.0-c000 1.000000, 0000/00/00-00:00:00        ">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
   xmp:Rating="2"
   crs:Exposure2012="+0.35"
   crs:ToneCurveName='Linear > "soft"'>
   <dc:title>
    <rdf:Alt>
     <rdf:li xml:lang="x-default">Evening &amp; sea</rdf:li>
     <rdf:li xml:lang="de-DE">Abend</rdf:li>
    </rdf:Alt>
   </dc:title>
   <dc:subject>
    <rdf:Bag>
     <rdf:li>sea</rdf:li>
     <rdf:li>wrong</rdf:li>
    </rdf:Bag>
   </dc:subject>
   <lr:hierarchicalSubject>
    <rdf:Bag>
     <rdf:li>Places|Norway</rdf:li>
    </rdf:Bag>
   </lr:hierarchicalSubject>
   <crs:ToneCurvePV2012><rdf:Seq><rdf:li>0, 0</rdf:li><rdf:li>255, 255</rdf:li></rdf:Seq></crs:ToneCurvePV2012>
   <!-- <dc:subject> in a comment -->
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
`;

/** As digiKam writes it: a packet, several descriptions of properties, and faces. */
const DIGIKAM = `\u{feff}<?xpacket begin="\u{feff}" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:digiKam="http://www.digikam.org/ns/1.0/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"
    xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#"
    xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#"
   digiKam:PickLabel="0"
   digiKam:ColorLabel="3">
   <xmp:Rating>1</xmp:Rating>
   <digiKam:TagsList><rdf:Seq><rdf:li>People/Ada</rdf:li></rdf:Seq></digiKam:TagsList>
   <mwg-rs:Regions rdf:parseType="Resource">
    <mwg-rs:AppliedToDimensions stDim:w="400" stDim:h="300" stDim:unit="pixel"/>
    <mwg-rs:RegionList><rdf:Bag><rdf:li><rdf:Description mwg-rs:Name="Ada" mwg-rs:Type="Face" mwg-rs:Extra="kept"><mwg-rs:Area stArea:x="0.2" stArea:y="0.2" stArea:w="0.1" stArea:h="0.1" stArea:unit="normalized"/></rdf:Description></rdf:li></rdf:Bag></mwg-rs:RegionList>
   </mwg-rs:Regions>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>`;

const size = { width: 400, height: 300 };

describe("mergeXmp", () => {
  it("writes into a sidecar of Lightroom and leaves its settings, languages and order byte for byte", () => {
    const content = { rating: 5, title: "Dusk <1>", keywords: ["Sea", "boat"], faces: [], size };
    const merged = mergeXmp(LIGHTROOM, content, { removedKeywords: ["Wrong"] })!;
    expect(read(merged)).toMatchObject({ rating: 5, title: "Dusk <1>" });
    expect(read(merged)!.keywords).toEqual(expect.arrayContaining(["sea", "boat"]));
    expect(read(merged)!.keywords).not.toContain("wrong");
    const expected = LIGHTROOM.replace('xmp:Rating="2"', 'xmp:Rating="5"')
      .replace("Evening &amp; sea", "Dusk &lt;1&gt;")
      .replace("<rdf:li>wrong</rdf:li>", "")
      .replace("</rdf:Bag>\n   </dc:subject>", "<rdf:li>boat</rdf:li></rdf:Bag>\n   </dc:subject>");
    const start = merged.indexOf("<digiKam:TagsList>");
    const end = merged.indexOf("</digiKam:TagsList>") + "</digiKam:TagsList>\n".length;
    const withoutAdded = merged.slice(0, start) + merged.slice(end);
    expect(withoutAdded.replace(' xmlns:digiKam="http://www.digikam.org/ns/1.0/"', "")).toBe(expected);
  });

  it("empties a title that a human took away, and adds no empty one", () => {
    const content = { title: "", description: "", keywords: [], faces: [] };
    const merged = mergeXmp(LIGHTROOM, content, NOTHING_REMOVED)!;
    expect(merged).toContain('<rdf:li xml:lang="x-default"></rdf:li>');
    expect(merged).not.toContain("dc:description");
    expect(mergeXmp(merged, content, NOTHING_REMOVED)).toBe(merged);
  });

  it("adds to a sidecar of digiKam the face that is not marked there", () => {
    const faces = [
      { name: "Ada Lovelace", normalizedBox: { x: 0.15, y: 0.15, width: 0.1, height: 0.1 } },
      { name: "Bert", normalizedBox: { x: 0.6, y: 0.5, width: 0.2, height: 0.3 } },
    ];
    const merged = mergeXmp(DIGIKAM, { rating: 4, keywords: ["boat"], faces, size }, NOTHING_REMOVED)!;
    const fields = read(merged)!;
    expect(fields).toMatchObject({ rating: 4, regionsAppliedTo: size });
    // What another program says of a face stays.
    expect(fields.faceRegions.map(({ name }) => name)).toEqual(["Ada", "Bert"]);
    expect(merged).toContain('mwg-rs:Extra="kept"');
    expect(merged).toContain("<rdf:li>People/Ada</rdf:li><rdf:li>boat</rdf:li>");
    expect(merged.startsWith(DIGIKAM.slice(0, 200))).toBe(true);
  });

  it("changes nothing the second time", () => {
    const content = {
      rating: 3,
      title: "T & t",
      description: "D",
      keywords: ["a", "b&c"],
      faces: [{ name: "Bert", normalizedBox: { x: 0.6, y: 0.5, width: 0.2, height: 0.3 } }],
      size,
    };
    for (const sidecar of [LIGHTROOM, DIGIKAM]) {
      const once = mergeXmp(sidecar, content, NOTHING_REMOVED)!;
      expect(once).not.toBe(sidecar);
      expect(mergeXmp(once, content, NOTHING_REMOVED)).toBe(once);
    }
  });

  it("says whatever text a human wrote, and keeps all else", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: "grapheme" }),
        fc.integer({ min: 0, max: 5 }),
        (text, rating) => {
          const keyword = text.replaceAll(/[^\p{L}\p{N}&<>"' ]/gu, "").trim();
          fc.pre(keyword !== "");
          const merged = mergeXmp(LIGHTROOM, { rating, keywords: [keyword], faces: [] }, NOTHING_REMOVED)!;
          expect(findXmlElements(merged)).toBeDefined();
          expect(read(merged)!.rating).toBe(rating);
          for (const kept of [
            'crs:Exposure2012="+0.35"',
            "Places|Norway",
            "255, 255",
            "in a comment",
            "Abend",
          ])
            expect(merged).toContain(kept);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("refuses what it would have to guess at", () => {
    const content = { rating: 3, keywords: ["a"], faces: [] };
    const refuse = (text: string) => expect(mergeXmp(text, content, NOTHING_REMOVED)).toBeUndefined();
    refuse("<x:xmpmeta>of another program</x:xmpmeta>");
    refuse(LIGHTROOM.replace("</rdf:RDF>", ""));
    refuse(`<!DOCTYPE x [<!ENTITY a "b">]>${LIGHTROOM}`);
    refuse(LIGHTROOM.replaceAll("dc:", "dublin:").replace("xmlns:dc=", "xmlns:dublin="));
    refuse(LIGHTROOM.replace("http://purl.org/dc/elements/1.1/", "http://elsewhere/"));
  });
});
