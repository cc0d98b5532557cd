import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { buildTiff, type TiffTag } from "../../test/fixtures/build-tiff.ts";
import { hasShared, sharedPath } from "../../test/shared-files.ts";
import { probeImage } from "../image/probe.ts";
import { readMetadata } from "./read-metadata.ts";

const SIZE = { width: 4000, height: 3000 };
const ROME: TiffTag[] = [
  [1, 2, "N"],
  [2, 5, [41, 1, 54, 1, 0, 1]],
  [3, 2, "E"],
  [4, 5, [12, 1, 30, 1, 0, 1]],
];
const ORIGINAL: TiffTag = [0x9003, 2, "2023:07:05 18:04:59"];

const exifBlock = (exif: readonly TiffTag[], gps: readonly TiffTag[] = [], main: readonly TiffTag[] = []) =>
  buildTiff([...main, [0x8769, 4, { directory: exif }], [0x8825, 4, { directory: gps }]]);

const gpsTime = (hour: number): TiffTag[] => [
  [7, 5, [hour, 1, 5, 1, 0, 1]],
  [0x1d, 2, "2023:07:05"],
];

/** The receiver's last fix before it was carried indoors. */
const OLD_FIX: TiffTag[] = [
  [7, 5, [16, 1, 5, 1, 0, 1]],
  [0x1d, 2, "2023:07:02"],
];

const xmp = (attributes: string, content = "") =>
  Buffer.from(
    `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
      xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
      xmlns:dc="http://purl.org/dc/elements/1.1/" ${attributes}>${content}</rdf:Description></rdf:RDF>`,
  );

describe("readMetadata", () => {
  test.each([
    ["as stated", exifBlock([ORIGINAL, [0x9011, 2, "-03:00"]], [...ROME, ...gpsTime(16)]), -180, "exif"],
    ["by GPS time", exifBlock([ORIGINAL], [...ROME, ...gpsTime(14)]), 240, "gps-time"],
    [
      "by the place where GPS time is of another day",
      exifBlock([ORIGINAL], [...ROME, ...OLD_FIX]),
      120,
      "place",
    ],
    ["by the place where there is no GPS time", exifBlock([ORIGINAL], ROME), 120, "place"],
    ["not at all where nothing tells", exifBlock([ORIGINAL]), undefined, undefined],
  ])("gives the time zone %s", (_name, exif, utcOffsetMinutes, utcOffsetSource) => {
    const metadata = readMetadata({ exif, size: SIZE });
    expect(metadata.takenAtLocal).toBe("2023-07-05T18:04:59");
    expect(metadata.utcOffsetMinutes).toBe(utcOffsetMinutes);
    expect(metadata.utcOffsetSource).toBe(utcOffsetSource);
  });

  it("prefers when the shutter was released to when the file was made or changed", () => {
    const digitized: TiffTag = [0x9004, 2, "2023:07:06 10:00:00"];
    const changed: TiffTag = [0x0132, 2, "2024:01:01 10:00:00"];
    const takenAt = (exif: readonly TiffTag[]) =>
      readMetadata({ exif: exifBlock(exif, [], [changed]), size: SIZE }).takenAtLocal;
    expect(takenAt([ORIGINAL, digitized])).toBe("2023-07-05T18:04:59");
    expect(takenAt([digitized])).toBe("2023-07-06T10:00:00");
    expect(takenAt([])).toBe("2024-01-01T10:00:00");
  });

  it("takes the satellites' time in the zone of the place when there is no other", () => {
    const metadata = readMetadata({ exif: exifBlock([], [...ROME, ...gpsTime(16)]), size: SIZE });
    expect(metadata).toMatchObject({ takenAtLocal: "2023-07-05T18:05:00", utcOffsetMinutes: 120 });
  });

  it("lets the sidecar decide over the photo's own XMP and EXIF", () => {
    const metadata = readMetadata({
      exif: exifBlock([ORIGINAL], ROME, [[0x4746, 3, [1]]]),
      xmp: xmp('xmp:Rating="2"', "<dc:subject><rdf:Bag><rdf:li>own</rdf:li></rdf:Bag></dc:subject>"),
      sidecarXmp: xmp(
        'xmp:Rating="5" exif:GPSLatitude="48,51.4N" exif:GPSLongitude="2,21E"',
        "<dc:subject><rdf:Bag><rdf:li>beside</rdf:li></rdf:Bag></dc:subject>",
      ),
      size: SIZE,
    });
    expect(metadata.rating).toBe(5);
    expect(metadata.latitude).toBeCloseTo(48.857, 3);
    expect(metadata.keywords).toEqual(["beside", "own"]);
  });

  it("keeps what EXIF says when XMP is broken", () => {
    const metadata = readMetadata({ exif: exifBlock([ORIGINAL]), xmp: Buffer.from("<rdf:RDF"), size: SIZE });
    expect(metadata.takenAtLocal).toBe("2023-07-05T18:04:59");
  });

  it("lays face regions on the upright photo", () => {
    const region =
      Buffer.from(`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
      xmlns:MP="http://ns.microsoft.com/photo/1.2/" xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#"
      xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#"><MP:RegionInfo><MPRI:Regions><rdf:Bag>
      <rdf:li MPReg:Rectangle="0.1, 0.2, 0.3, 0.05" MPReg:PersonDisplayName="Ada"/>
      </rdf:Bag></MPRI:Regions></MP:RegionInfo></rdf:Description></rdf:RDF>`);
    const { faceRegions } = readMetadata({
      exif: exifBlock([], [], [[0x0112, 3, [6]]]),
      xmp: region,
      size: { width: 3000, height: 4000 },
    });
    expect(faceRegions[0]!.name).toBe("Ada");
    expect(faceRegions[0]!.normalizedBox.x).toBeCloseTo(0.75);
    expect(faceRegions[0]!.normalizedBox.height).toBeCloseTo(0.3);
  });

  it("takes no text for a keyword or a name, and not any number of keywords", () => {
    const keywords = ["a".repeat(201), "b".repeat(200), ...Array.from({ length: 600 }, (_, i) => `k${i}`)];
    const region = `<MP:RegionInfo><MPRI:Regions><rdf:Bag><rdf:li MPReg:Rectangle="0.1, 0.2, 0.3, 0.05"
      MPReg:PersonDisplayName="${"N".repeat(3000)}"/></rdf:Bag></MPRI:Regions></MP:RegionInfo>`;
    const metadata = readMetadata({
      xmp: xmp(
        `xmlns:MP="http://ns.microsoft.com/photo/1.2/" xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#"
        xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#"`,
        `<dc:subject><rdf:Bag>${keywords.map((word) => `<rdf:li>${word}</rdf:li>`).join("")}</rdf:Bag></dc:subject>${region}`,
      ),
      size: SIZE,
    });
    expect(metadata.keywords).toHaveLength(500);
    expect(metadata.keywords[0]).toBe("b".repeat(200));
    expect(metadata.faceRegions).toEqual([{ normalizedBox: expect.anything() }]);
  });

  it("gives empty lists and nothing else when there is nothing", () => {
    expect(readMetadata({ size: SIZE })).toEqual({ keywords: [], faceRegions: [] });
  });
});

describe.skipIf(!hasShared("dates and places of the sample photos", "photos/places"))(
  "readMetadata on the sample photos",
  () => {
    const read = async (name: string) => {
      const { blocks, size } = await probeImage(readFileSync(sharedPath(`photos/places/${name}`)));
      return readMetadata({ ...blocks, size });
    };

    test.each([
      ["DSCN0010.jpg", "2008-10-22T16:28:39", 120, 43.467, 11.885],
      ["date-priority-test.jpg", "2023-02-02T02:00:00", undefined, undefined, undefined],
      ["datetimeoriginal-gps.jpg", "2025-12-01T11:30:00", -420, 39, -108],
      ["empty_gps.jpg", "2025-06-01T16:59:26.023", undefined, undefined, undefined],
      ["gps-datetime.jpg", "2023-11-15T04:30:00", -480, 37.775, -122.419],
      ["thompson-springs.jpg", "2022-01-10T15:15:44.310", -360, 39.115, -108.401],
      ["time-created.jpg", undefined, undefined, undefined, undefined],
    ])("knows when and where %s was taken", async (name, takenAtLocal, offset, latitude, longitude) => {
      const metadata = await read(name);
      expect(metadata.takenAtLocal).toBe(takenAtLocal);
      expect(metadata.utcOffsetMinutes).toBe(offset);
      if (latitude === undefined) expect(metadata.latitude).toBeUndefined();
      else expect(metadata.latitude).toBeCloseTo(latitude, 3);
      if (longitude !== undefined) expect(metadata.longitude).toBeCloseTo(longitude, 3);
    });

    it("reads something of every photo there", async () => {
      for (const name of readdirSync(sharedPath("photos/places"))) {
        expect(Object.keys(await read(name)).length, name).toBeGreaterThan(2);
      }
    });
  },
);
