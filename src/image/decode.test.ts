import { readFileSync } from "node:fs";
import sharp, { type Sharp } from "sharp";
import { describe, expect, it, test } from "vitest";
import { hasShared, sharedPath } from "../../test/shared-files.ts";
import type { RasterImage } from "../core/raster-image.ts";
import { decodeImage, type DecodedImage } from "./decode.ts";

const hasFormats = hasShared("decoding the sample photos", "photos/formats");

/** Red, green, blue, white in the corners: top left, top right, bottom left, bottom right. */
const CORNERS = ["#ff0000", "#00ff00", "#0000ff", "#ffffff"] as const;

async function cornerImage(width: number, height: number) {
  const tile = { width: width / 2, height: height / 2, channels: 3 as const };
  const input = (colour: string) => ({ create: { ...tile, background: colour } });
  const base = await sharp({ create: { width, height, channels: 3, background: "#000" } })
    .composite([
      { input: input(CORNERS[0]), left: 0, top: 0 },
      { input: input(CORNERS[1]), left: tile.width, top: 0 },
      { input: input(CORNERS[2]), left: 0, top: tile.height },
      { input: input(CORNERS[3]), left: tile.width, top: tile.height },
    ])
    .png()
    .toBuffer();
  return sharp(base);
}

/** The pixel at fractions of the image. */
function pixelAt({ data, width, height }: RasterImage, x: number, y: number): number[] {
  const at = (Math.floor(y * height) * width + Math.floor(x * width)) * 3;
  return [...data.subarray(at, at + 3)];
}

function expectNear(actual: readonly number[], expected: readonly number[], tolerance = 4): void {
  const differences = actual.map((value, i) => Math.abs(value - expected[i]!));
  expect(Math.max(...differences), `${actual.join()} against ${expected.join()}`).toBeLessThanOrEqual(
    tolerance,
  );
}

describe("decodeImage", () => {
  test.each(["jpeg", "png", "webp", "tiff", "avif"] as const)("decodes %s to rows of RGB", async (format) => {
    const bytes = await (await cornerImage(64, 32)).toFormat(format, { quality: 95 }).toBuffer();
    const { image, originalSize, isPartial } = await decodeImage(bytes, { maxSide: 100 });
    expect(originalSize).toEqual({ width: 64, height: 32 });
    expect([image.width, image.height, image.data.length, isPartial]).toEqual([64, 32, 64 * 32 * 3, false]);
    expectNear(pixelAt(image, 0.25, 0.25), [255, 0, 0], 8);
    expectNear(pixelAt(image, 0.75, 0.75), [255, 255, 255], 8);
  });

  it("brings the longer side down to what is asked for and never enlarges", async () => {
    const bytes = await (await cornerImage(640, 320)).jpeg().toBuffer();
    const small = await decodeImage(bytes, { maxSide: 100 });
    const full = await decodeImage(bytes, { maxSide: 1000 });
    expect([small.image.width, small.image.height]).toEqual([100, 50]);
    expect([full.image.width, full.image.height]).toEqual([640, 320]);
    expect(small.originalSize).toEqual({ width: 640, height: 320 });
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])("turns orientation %i upright", async (orientation) => {
    const upright = await cornerImage(64, 32);
    const bytes = await (
      await storedUnder(orientation, upright)
    )
      .png()
      .withMetadata({ orientation })
      .toBuffer();
    const { image, originalSize } = await decodeImage(bytes, { maxSide: 100 });
    expect(originalSize).toEqual({ width: 64, height: 32 });
    expect(pixelAt(image, 0.25, 0.25)).toEqual([255, 0, 0]);
    expect(pixelAt(image, 0.75, 0.25)).toEqual([0, 255, 0]);
    expect(pixelAt(image, 0.25, 0.75)).toEqual([0, 0, 255]);
    expect(pixelAt(image, 0.75, 0.75)).toEqual([255, 255, 255]);
  });

  it("lays transparency on white", async () => {
    const bytes = await sharp({
      create: { width: 8, height: 8, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0.5 } },
    })
      .png()
      .toBuffer();
    const { image } = await decodeImage(bytes, { maxSide: 8 });
    expectNear(pixelAt(image, 0.5, 0.5), [255, 127, 127]);
  });

  it("reduces 16 bits to 8 and spreads gray over three channels", async () => {
    const gray = await sharp({ create: { width: 8, height: 8, channels: 3, background: "#808080" } })
      .toColourspace("b-w")
      .png()
      .toBuffer();
    const deep = await sharp(gray).toColourspace("grey16").png().toBuffer();
    for (const bytes of [gray, deep]) {
      const { image } = await decodeImage(bytes, { maxSide: 8 });
      expect(image.data).toHaveLength(8 * 8 * 3);
      expectNear(pixelAt(image, 0.5, 0.5), [128, 128, 128]);
    }
  });

  it("turns CMYK into sRGB", async () => {
    const bytes = await (await cornerImage(64, 64)).toColourspace("cmyk").jpeg({ quality: 95 }).toBuffer();
    const { image } = await decodeImage(bytes, { maxSide: 64 });
    const [red, green, blue] = pixelAt(image, 0.25, 0.25) as [number, number, number];
    expect(red).toBeGreaterThan(180);
    expect(Math.max(green, blue)).toBeLessThan(90);
    expectNear(pixelAt(image, 0.75, 0.75), [255, 255, 255], 8);
  });

  it("shows the first frame of an animation", async () => {
    const frames = await Promise.all(
      ["#ff0000", "#00ff00"].map((background) =>
        sharp({ create: { width: 16, height: 16, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    );
    const bytes = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    const { image } = await decodeImage(bytes, { maxSide: 16 });
    expect([image.width, image.height]).toEqual([16, 16]);
    expectNear(pixelAt(image, 0.5, 0.5), [255, 0, 0]);
  });

  it("keeps a picture of which the lower fifth is missing, and says so", async () => {
    const bytes = await noise(400, 400).jpeg().toBuffer();
    const { image, isPartial } = await decodeImage(bytes.subarray(0, bytes.length * 0.8), { maxSide: 400 });
    expect(isPartial).toBe(true);
    expect([image.width, image.height]).toEqual([400, 400]);
  });

  it("refuses a picture of which little is left, and says how much", async () => {
    const bytes = await noise(400, 400).jpeg().toBuffer();
    await expect(decodeImage(bytes.subarray(0, bytes.length * 0.2), { maxSide: 400 })).rejects.toMatchObject({
      code: "undecodable",
      message: expect.stringMatching(/only the first (1[0-9]|2[0-9]) % of the picture/),
    });
  });

  it("gives a picture or a reason for any damage to a file", async () => {
    const bytes = await noise(64, 64).jpeg().toBuffer();
    for (let at = 2; at < bytes.length; at += Math.ceil(bytes.length / 150)) {
      const damaged = Buffer.from(bytes);
      damaged.writeUInt8(damaged[at]! ^ 0xff, at);
      const outcome = await decodeImage(damaged, { maxSide: 64 }).catch(
        (error: { code: string }) => error.code,
      );
      expect(typeof outcome === "string" ? ["undecodable", "unsupported_media"] : [outcome]).toContain(
        outcome,
      );
    }
  });
});

const readSample = (name: string) => readFileSync(sharedPath(`photos/formats/${name}`));

describe.skipIf(!hasFormats)("decodeImage on the sample photos", () => {
  const decode = (name: string, maxSide = 600) => decodeImage(readSample(name), { maxSide });

  test.each([
    ["8bit-sRGB.avif", "avif", 1617, 1080],
    ["IMG_2682.heic", "heic", 4032, 3024],
    ["iphone_7.heic", "heic", 3024, 4032],
    ["canon_eos_6d.dng", "raw", 1024, 683],
    ["Channel_digital_image_CMYK_color.jpg", "jpeg", 500, 333],
    ["Flag_of_the_Netherlands-16bit.png", "png", 900, 600],
    ["G31D_MULTI.TIF", "tiff", 2464, 3248],
    ["denali.webp", "webp", 600, 315],
    ["giant-image.jpg", "jpeg", 20_000, 14_000],
    ["p3.png", "png", 8, 8],
    ["rotating-squares.gif", "gif", 80, 80],
    ["with-alpha.png", "png", 256, 192],
  ])("shows %s", async (name, format, width, height) => {
    const decoded = await decode(name);
    expect(decoded).toMatchObject({ format, originalSize: { width, height }, isPartial: false });
    expect(Math.max(decoded.image.width, decoded.image.height)).toBe(Math.min(600, Math.max(width, height)));
  });

  test.each([
    ["8bit-sRGB.jxl", "unsupported_media", /JPEG XL/],
    ["CanonRaw.cr2", "unsupported_media", /RAW file without a readable JPEG preview/],
    ["Nikon.nef", "unsupported_media", /RAW file without a readable JPEG preview/],
    ["corrupt-header.jpg", "undecodable", /damaged JPEG header/],
    ["truncated.jpg", "undecodable", /only the first \d % of the picture/],
    ["truncated.png", "undecodable", /only the first \d % of the picture/],
  ])("says why %s cannot be shown", async (name, code, message) => {
    await expect(decode(name)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it("makes all eight orientations look alike", async () => {
    const decoded = await Promise.all(
      [1, 2, 3, 4, 5, 6, 7, 8].map((i) => decode(`orientation-${i}.jpg`, 120)),
    );
    for (const other of decoded) {
      expect(other.originalSize).toEqual({ width: 600, height: 450 });
      expect(meanDifference(decoded[0]!, other)).toBeLessThan(12);
    }
  });

  it("knows the Dutch flag's colours in 16 bits", async () => {
    const { image } = await decode("Flag_of_the_Netherlands-16bit.png");
    expectNear(pixelAt(image, 0.5, 0.1), [174, 28, 40], 6);
    expectNear(pixelAt(image, 0.5, 0.5), [255, 255, 255]);
    expectNear(pixelAt(image, 0.5, 0.9), [33, 70, 139], 6);
  });

  it("keeps a HEIC photo of which the end is missing only when enough is left", async () => {
    const bytes = readSample("IMG_2682.heic");
    const most = await decodeImage(bytes.subarray(0, bytes.length * 0.85), { maxSide: 300 });
    expect(most.isPartial).toBe(true);
    await expect(decodeImage(bytes.subarray(0, bytes.length * 0.2), { maxSide: 300 })).rejects.toMatchObject({
      code: "undecodable",
    });
  });
});

/** The picture as a camera would store it under the orientation: the inverse of what has to be done to it. sharp mirrors before it rotates. */
async function storedUnder(orientation: number, upright: Sharp): Promise<Sharp> {
  const turns: Record<number, (image: Sharp) => Sharp> = {
    1: (image) => image,
    2: (image) => image.flop(),
    3: (image) => image.rotate(180),
    4: (image) => image.flip(),
    5: (image) => image.flop().rotate(270),
    6: (image) => image.rotate(270),
    7: (image) => image.flop().rotate(90),
    8: (image) => image.rotate(90),
  };
  return sharp(await turns[orientation]!(upright).png().toBuffer());
}

/** Detail everywhere, so that the amount of data grows evenly with the rows. */
function noise(width: number, height: number): Sharp {
  let state = 1;
  const data = Uint8Array.from({ length: width * height * 3 }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state >>> 23;
  });
  return sharp(data, { raw: { width, height, channels: 3 } });
}

function meanDifference({ image: a }: DecodedImage, { image: b }: DecodedImage): number {
  const sum = a.data.reduce((total, value, i) => total + Math.abs(value - b.data[i]!), 0);
  return sum / a.data.length;
}
