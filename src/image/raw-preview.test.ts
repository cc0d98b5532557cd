import fc from "fast-check";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { buildTiff } from "../../test/fixtures/build-tiff.ts";
import { decodeImage } from "./decode.ts";
import { findRawPreview, isRawTiff } from "./raw-preview.ts";

let small: Buffer;
let large: Buffer;
beforeAll(async () => {
  const picture = (width: number, height: number, background: string) =>
    sharp({ create: { width, height, channels: 3, background } })
      .jpeg()
      .toBuffer();
  small = await picture(40, 30, "#ff0000");
  large = await picture(400, 300, "#00ff00");
});

/** A RAW file like a Nikon's: sensor values and two previews in sub-directories, turned by a quarter. */
function buildRaw(): Uint8Array {
  const block = (offsets: readonly [number, number]) =>
    buildTiff([
      [259, 3, [1]],
      [262, 3, [32803]],
      [274, 3, [6]],
      [
        330,
        4,
        {
          directory: [
            [513, 4, [offsets[0]]],
            [514, 4, [small.length]],
          ],
        },
      ],
      [0x8769, 4, { directory: [[0x9003, 2, "2023:05:06 07:08:09"]] }],
      [273, 4, [offsets[1]]],
      [279, 4, [large.length]],
    ]);
  const at = block([0, 0]).length;
  const head = block([at, at + small.length]);
  // Compression 7 marks the strip as JPEG.
  new DataView(head.buffer, head.byteOffset).setUint16(8 + 2 + 8, 7, true);
  return Buffer.concat([head, small, large]);
}

describe("isRawTiff", () => {
  it("tells sensor values from a picture", () => {
    expect(isRawTiff(buildRaw())).toBe(true);
    expect(isRawTiff(buildTiff([[262, 3, [2]]]))).toBe(false);
    expect(isRawTiff(buildTiff([[0xc612, 1, [1, 4, 0, 0]]]))).toBe(true);
    expect(isRawTiff(new Uint8Array(20))).toBe(false);
  });
});

describe("findRawPreview", () => {
  it("takes the largest of the previews that the directories name", () => {
    expect(findRawPreview(buildRaw())?.size).toEqual({ width: 400, height: 300 });
  });

  it("finds a Fujifilm preview by the file's header", () => {
    const header = Buffer.alloc(100);
    header.write("FUJIFILMCCD-RAW ");
    header.writeUInt32BE(100, 84);
    header.writeUInt32BE(large.length, 88);
    expect(findRawPreview(Buffer.concat([header, large]))?.size).toEqual({ width: 400, height: 300 });
  });

  it("searches where no directory names a preview", () => {
    const container = Buffer.concat([
      Buffer.from("\0\0\0\x10ftypcrx \0\0\0\0", "latin1"),
      small,
      Buffer.alloc(50),
      large,
    ]);
    expect(findRawPreview(container)?.size).toEqual({ width: 400, height: 300 });
  });

  it("takes no lossless JPEG, in which cameras pack the sensor's values", () => {
    const lossless = Buffer.from(large);
    const frame = lossless.indexOf(Buffer.from([0xff, 0xc0]));
    lossless[frame + 1] = 0xc3;
    expect(findRawPreview(lossless)).toBeUndefined();
  });

  it("finds nothing in a file that was cut off before its previews", () => {
    expect(findRawPreview(buildRaw().subarray(0, 300))).toBeUndefined();
    expect(findRawPreview(new Uint8Array())).toBeUndefined();
  });

  it("survives damage to any byte of the directories", () => {
    const raw = buildRaw();
    fc.assert(
      fc.property(fc.nat(200), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const damaged = Uint8Array.from(raw);
        damaged[at] = value;
        const preview = findRawPreview(damaged);
        expect(preview?.bytes.length ?? 0).toBeLessThanOrEqual(raw.length);
      }),
      { numRuns: 300 },
    );
  });
});

describe("decodeImage on RAW", () => {
  it("shows the preview, turned as the RAW file says, with the RAW file's own metadata", async () => {
    const { image, format, originalSize, blocks } = await decodeImage(buildRaw(), { maxSide: 1000 });
    expect(format).toBe("raw");
    expect(originalSize).toEqual({ width: 300, height: 400 });
    expect([image.width, image.height]).toEqual([300, 400]);
    expect(Buffer.from(blocks.exif!).includes("2023:05:06")).toBe(true);
  });

  it("reads a Canon CR3: preview from its track, metadata from its own boxes", async () => {
    const box = (type: string, content: Uint8Array) => {
      const head = Buffer.alloc(8);
      head.writeUInt32BE(content.length + 8);
      head.write(type, 4, "latin1");
      return Buffer.concat([head, content]);
    };
    const uuid = Buffer.from("85c0b687820f11e08111f4ce462b6a48", "hex");
    const canon = Buffer.concat([
      uuid,
      box("CNCV", Buffer.from("CanonCR3_001/00.09.00/00.00.00")),
      box("CMT1", buildTiff([[0x0112, 3, [8]]])),
      box("CMT2", buildTiff([[0x9003, 2, "2023:05:06 07:08:09"]])),
      box("CMT4", buildTiff([[1, 2, "N"]])),
    ]);
    const file = Buffer.concat([
      box("ftyp", Buffer.from("crx \0\0\0\u0001crx isom", "latin1")),
      box("moov", box("uuid", canon)),
      box("mdat", Buffer.concat([small, large])),
    ]);
    const { format, originalSize, blocks } = await decodeImage(file, { maxSide: 100 });
    expect(format).toBe("raw");
    expect(originalSize).toEqual({ width: 300, height: 400 });
    expect(Buffer.from(blocks.exifDirectory!).includes("2023:05:06")).toBe(true);
    expect(blocks.gpsDirectory).toBeDefined();
  });
});
