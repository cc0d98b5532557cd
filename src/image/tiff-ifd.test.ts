import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { buildTiff } from "../../test/fixtures/build-tiff.ts";
import { openTiff } from "./tiff-ifd.ts";

const TAGS = [
  [256, 4, [4000]],
  [258, 3, [8, 8, 8]],
  [282, 5, [72, 1]],
  [306, 2, "2024:01:02 03:04:05"],
  [0x8769, 4, { directory: [[0x9003, 2, "2023:05:06 07:08:09"]] }],
] as const;

describe("openTiff", () => {
  test.each([
    { order: "little-endian", littleEndian: true },
    { order: "big-endian", littleEndian: false },
  ])("reads numbers, rationals, bytes and sub-directories ($order)", ({ littleEndian }) => {
    const tiff = openTiff(buildTiff(TAGS, littleEndian))!;
    expect(tiff.isLittleEndian).toBe(littleEndian);
    expect(tiff.numbers(tiff.first, 256)).toEqual([4000]);
    expect(tiff.numbers(tiff.first, 258)).toEqual([8, 8, 8]);
    expect(tiff.numbers(tiff.first, 282)).toEqual([72]);
    expect(Buffer.from(tiff.bytes(tiff.first, 306)!).toString("latin1")).toBe("2024:01:02 03:04:05\0");
    const exif = tiff.child(tiff.first, 0x8769)!;
    expect(tiff.bytes(exif, 0x9003)).toHaveLength(20);
  });

  it("accepts the prefix of EXIF blocks in JPEG files", () => {
    const prefixed = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), buildTiff(TAGS)]);
    const tiff = openTiff(prefixed)!;
    expect(tiff.numbers(tiff.first, 256)).toEqual([4000]);
  });

  it("gives NaN for a rational with denominator zero", () => {
    const tiff = openTiff(buildTiff([[282, 5, [72, 0]]]))!;
    expect(tiff.numbers(tiff.first, 282)).toEqual([Number.NaN]);
  });

  test.each([
    { name: "nothing", block: new Uint8Array() },
    { name: "text", block: Buffer.from("not a TIFF structure") },
    { name: "mixed byte order", block: Buffer.from("IM*\0\x08\0\0\0", "latin1") },
  ])("gives nothing for $name", ({ block }) => {
    expect(openTiff(block)).toBeUndefined();
  });

  it("leaves out values that lie outside the block", () => {
    const block = buildTiff([[306, 2, "2024:01:02 03:04:05"]]);
    const tiff = openTiff(block.subarray(0, block.length - 4))!;
    expect(tiff.bytes(tiff.first, 306)).toBeUndefined();
  });

  it("visits each directory once though they point at each other", () => {
    const block = buildTiff([[330, 4, [8]]]);
    // The directory after the first is the first again.
    new DataView(block.buffer).setUint32(8 + 2 + 12, 8, true);
    expect(openTiff(block)!.directories()).toHaveLength(1);
  });

  it("survives any bytes after a valid header, without reading outside them", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (tail, littleEndian) => {
        const header = littleEndian ? [0x49, 0x49, 42, 0] : [0x4d, 0x4d, 0, 42];
        const tiff = openTiff(Uint8Array.from([...header, ...tail]));
        for (const directory of tiff?.directories() ?? []) {
          for (const tag of directory.keys()) {
            expect(tiff!.numbers(directory, tag)?.length ?? 0).toBeLessThanOrEqual(304);
            tiff!.child(directory, tag);
          }
        }
      }),
    );
  });

  it("survives every single byte of a real block being changed", () => {
    const block = buildTiff(TAGS);
    fc.assert(
      fc.property(fc.nat(block.length - 1), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const damaged = block.slice();
        damaged[at] = value;
        const tiff = openTiff(damaged);
        expect(tiff?.directories().length ?? 0).toBeLessThanOrEqual(64);
      }),
      { numRuns: 500 },
    );
  });
});
