import sharp from "sharp";
import { thumbHashToApproximateAspectRatio, thumbHashToAverageRGBA } from "thumbhash";
import { describe, expect, it } from "vitest";
import type { RasterImage } from "../core/raster-image.ts";
import { computeThumbhash, encodeJpeg } from "./encode.ts";

const plain = (width: number, height: number, colour: readonly number[]): RasterImage => ({
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => colour[i % 3]!),
  width,
  height,
});

describe("encodeJpeg", () => {
  it("writes the image in its size", async () => {
    const bytes = await encodeJpeg(plain(64, 32, [10, 200, 60]), 90);
    const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([64, 32]);
    expect(Math.abs(data[1]! - 200)).toBeLessThanOrEqual(3);
  });

  it("spends fewer bytes at lower quality", async () => {
    const noisy = {
      ...plain(64, 64, [0, 0, 0]),
      data: Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * i * 31) % 256),
    };
    const [low, high] = await Promise.all([30, 95].map((quality) => encodeJpeg(noisy, quality)));
    expect(low!.length).toBeLessThan(high!.length / 2);
  });
});

describe("computeThumbhash", () => {
  it("keeps colour and shape in a few bytes", () => {
    const hash = Buffer.from(computeThumbhash(plain(300, 200, [255, 128, 0])), "base64");
    const { r, g, b, a } = thumbHashToAverageRGBA(hash);
    expect(hash.length).toBeLessThan(30);
    expect([r, g, b, a].map((value) => Math.round(value * 10))).toEqual([10, 5, 0, 10]);
    expect(thumbHashToApproximateAspectRatio(hash)).toBeCloseTo(1.4, 0);
  });

  it("takes images of one pixel", () => {
    expect(computeThumbhash(plain(1, 1, [1, 2, 3]))).toMatch(/^[\w+/]+=*$/);
  });
});
