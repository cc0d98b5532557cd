import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { probeImage } from "./probe.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "keepsight-probe-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "#3366aa" } });

describe("probeImage", () => {
  test.each(["jpeg", "png", "webp", "gif", "tiff", "avif"] as const)(
    "tells format and size of %s",
    async (format) => {
      const bytes = await plain(40, 20).toFormat(format).toBuffer();
      const probe = await probeImage(bytes);
      expect(probe).toMatchObject({ format, storedSize: { width: 40, height: 20 }, orientation: 1 });
    },
  );

  it("goes by content where the name says otherwise", async () => {
    const path = join(folder, "really-a-png.jpg");
    await plain(8, 8).png().toFile(path);
    await expect(probeImage(path)).resolves.toMatchObject({ format: "png" });
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])("gives the upright size under orientation %i", async (orientation) => {
    const bytes = await plain(40, 20).withMetadata({ orientation }).jpeg().toBuffer();
    const probe = await probeImage(bytes);
    expect(probe.orientation).toBe(orientation);
    expect(probe.storedSize).toEqual({ width: 40, height: 20 });
    expect(probe.size).toEqual(orientation >= 5 ? { width: 20, height: 40 } : { width: 40, height: 20 });
  });

  it("gives the metadata blocks as stored", async () => {
    const xmp = '<x:xmpmeta xmlns:x="adobe:ns:meta/"/>';
    const bytes = await plain(8, 8)
      .withExif({ IFD0: { Make: "Acme" } })
      .withXmp(xmp)
      .withIccProfile("p3")
      .jpeg()
      .toBuffer();
    const { blocks } = await probeImage(bytes);
    expect(Buffer.from(blocks.exif!).includes("Acme")).toBe(true);
    expect(Buffer.from(blocks.xmp!).toString()).toContain("xmpmeta");
    expect(Buffer.from(blocks.icc!).toString("latin1", 36, 40)).toBe("acsp");
  });

  test.each([
    ["jpeg", jpegHeader(17_000, 17_000)],
    ["png", pngHeader(17_000, 17_000)],
    ["gif", gifHeader(17_000, 17_000)],
  ])("refuses a 1 kB %s that claims 17000×17000 pixels, before decoding it", async (_format, header) => {
    const bomb = Buffer.concat([header, Buffer.alloc(1024 - header.length)]);
    await expect(probeImage(bomb)).rejects.toMatchObject({
      code: "undecodable",
      message: expect.stringMatching(/17000×17000 pixels in 1024 bytes.*(cut off|exhaust memory)/),
    });
  });

  it("refuses more pixels than allowed and names the limit", async () => {
    const bytes = await plain(200, 100).png().toBuffer();
    const limits = { maxPixels: 10_000, maxPixelsHeldWhole: 10_000, maxBytes: 1e6 };
    await expect(probeImage(bytes, limits)).rejects.toMatchObject({
      code: "too_large",
      message: expect.stringContaining("KEEPSIGHT_MAX_MEGAPIXELS"),
    });
  });

  it("holds formats that are decoded whole to the lower limit", async () => {
    const limits = { maxPixels: 1e6, maxPixelsHeldWhole: 10_000, maxBytes: 1e6 };
    const progressive = await plain(200, 100).jpeg({ progressive: true }).toBuffer();
    const baseline = await plain(200, 100).jpeg().toBuffer();
    await expect(probeImage(progressive, limits)).rejects.toMatchObject({ code: "too_large" });
    await expect(probeImage(baseline, limits)).resolves.toMatchObject({ format: "jpeg" });
  });

  it("refuses files larger than allowed without reading them", async () => {
    const path = join(folder, "large.jpg");
    await writeFile(path, Buffer.alloc(5000));
    const limits = { maxPixels: 1e6, maxPixelsHeldWhole: 1e6, maxBytes: 4000 };
    await expect(probeImage(path, limits)).rejects.toMatchObject({
      code: "too_large",
      message: expect.stringContaining('"large.jpg"'),
    });
  });

  test.each([
    ["an empty file", Buffer.alloc(0), "undecodable", /empty/],
    ["text", Buffer.from("hello, world, this is text"), "unsupported_media", /not an image/],
    ["JPEG XL", Buffer.from("ff0aba210301c585", "hex"), "unsupported_media", /JPEG XL/],
    [
      "a JPEG without a picture",
      Buffer.from("ffd8ffe000104a4649460001", "hex"),
      "undecodable",
      /JPEG header/,
    ],
    ["a TIFF header alone", Buffer.from("II*\0\x08\0\0\0", "latin1"), "undecodable", /TIFF header/],
  ])("says what is wrong with %s", async (_name, bytes, code, message) => {
    await expect(probeImage(bytes)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("tells a missing file from an unreadable one", async () => {
    await expect(probeImage(join(folder, "none.jpg"))).rejects.toMatchObject({ code: "not_found" });
    await expect(probeImage(folder)).rejects.toMatchObject({ code: "file_unreadable" });
  });
});

/** Start, a quantisation table, a frame of three components, and the start of a scan: all a JPEG needs to state its size. */
function jpegHeader(width: number, height: number): Buffer {
  const table = Buffer.concat([Buffer.from("ffdb004300", "hex"), Buffer.alloc(64, 1)]);
  const frame = Buffer.from("ffc00011080000000003012200021101031101", "hex");
  frame.writeUInt16BE(height, 5);
  frame.writeUInt16BE(width, 7);
  return Buffer.concat([
    Buffer.from("ffd8", "hex"),
    table,
    frame,
    Buffer.from("ffda000c03010002110311003f00", "hex"),
  ]);
}

function pngHeader(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const content = Buffer.concat([Buffer.from("IHDR"), header]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(13);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(content));
  const data = Buffer.from("00000400494441547801", "hex");
  return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), length, content, checksum, data]);
}

/** Screen descriptor with two colours, and one frame of the same size whose pixels are missing. */
function gifHeader(width: number, height: number): Buffer {
  const bytes = Buffer.from("47494638396100000000800000000000ffffff2c00000000000000000002024c01003b", "hex");
  for (const at of [6, 24]) {
    bytes.writeUInt16LE(width, at);
    bytes.writeUInt16LE(height, at + 2);
  }
  return bytes;
}
