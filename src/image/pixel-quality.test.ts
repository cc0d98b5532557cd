import { readdirSync } from "node:fs";
import sharp, { type Sharp } from "sharp";
import { describe, expect, it } from "vitest";
import { hasShared, sharedPath } from "../../test/shared-files.ts";
import type { RasterImage } from "../core/raster-image.ts";
import { measureQuality } from "./pixel-quality.ts";

const SCENES = "photos/scenes";
const isHere = hasShared("blur and exposure of real photos", SCENES);
/** Standard deviations of blur, pixels of photos of 640. */
const SIGMAS = [0, 0.7, 1, 2, 4, 8];

async function toRaster(pipeline: Sharp): Promise<RasterImage> {
  const { data, info } = await pipeline
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

const plain = (level: number) =>
  toRaster(
    sharp({ create: { width: 300, height: 200, channels: 3, background: { r: level, g: level, b: level } } }),
  );

describe("measureQuality", () => {
  describe.skipIf(!isHere)("on real photos", () => {
    const files = isHere
      ? readdirSync(sharedPath(SCENES), { recursive: true })
          .map(String)
          .filter((name) => name.endsWith(".jpg"))
          .toSorted()
          .slice(0, 30)
          .map((name) => sharedPath(`${SCENES}/${name}`))
      : [];

    it("finds each blurred copy less sharp than the one before it", async () => {
      for (const file of files) {
        const values: number[] = [];
        for (const sigma of SIGMAS) {
          const photo = sigma === 0 ? sharp(file) : sharp(file).blur(sigma);
          values.push(measureQuality(await toRaster(photo)).sharpness);
        }
        expect(values, file).toEqual(values.toSorted((a, b) => b - a));
        expect(values[0]! - values[3]!, file).toBeGreaterThan(0.5);
      }
    });

    it("calls a photo sharp when its subject is, whatever the background", async () => {
      const [file] = files;
      const { width, height } = await sharp(file).metadata();
      const box = { left: Math.round(width / 3), top: Math.round(height / 3) };
      const size = { width: Math.round(width / 3), height: Math.round(height / 3) };
      const subject = await sharp(file)
        .extract({ ...box, ...size })
        .png()
        .toBuffer();
      const portrait = sharp(
        await sharp(file)
          .blur(6)
          .composite([{ input: subject, ...box }])
          .png()
          .toBuffer(),
      );
      const whole = measureQuality(await toRaster(sharp(file))).sharpness;
      expect(measureQuality(await toRaster(portrait)).sharpness).toBeGreaterThan(whole - 0.15);
    });

    it("hardly depends on the photo's size, nor on its light", async () => {
      const [file] = files;
      const { sharpness } = measureQuality(await toRaster(sharp(file)));
      const large = measureQuality(await toRaster(sharp(file).resize({ width: 1280 })));
      const dim = measureQuality(await toRaster(sharp(file).linear(0.5, 0)));
      expect(Math.abs(large.sharpness - sharpness)).toBeLessThan(0.1);
      expect(Math.abs(dim.sharpness - sharpness)).toBeLessThan(0.1);
    });

    it("tells under- and overexposed photos from others", async () => {
      for (const file of files.slice(0, 5)) {
        const [dark, usual, bright] = await Promise.all(
          [-120, 0, 120].map(async (shift) => measureQuality(await toRaster(sharp(file).linear(1, shift)))),
        );
        expect(dark!.meanLuminance).toBeLessThan(usual!.meanLuminance);
        expect(bright!.meanLuminance).toBeGreaterThan(usual!.meanLuminance);
        expect(dark!.clippedShadows).toBeGreaterThan(usual!.clippedShadows);
        expect(bright!.clippedHighlights).toBeGreaterThan(usual!.clippedHighlights);
      }
    });
  });

  it("finds nothing in a plain picture", async () => {
    const { sharpness, ...exposure } = measureQuality(await plain(128));
    expect(sharpness).toBe(0);
    expect(exposure).toEqual({
      meanLuminance: expect.closeTo(128 / 255, 4),
      clippedShadows: 0,
      clippedHighlights: 0,
    });
  });

  it("counts black and white pixels", async () => {
    expect(measureQuality(await plain(0))).toMatchObject({ clippedShadows: 1, meanLuminance: 0 });
    expect(measureQuality(await plain(255))).toMatchObject({ clippedHighlights: 1 });
  });

  it("takes the smallest pictures", () => {
    for (const side of [1, 2, 3]) {
      const image = { data: new Uint8Array(side * side * 3), width: side, height: side };
      expect(measureQuality(image)).toMatchObject({ sharpness: 0, clippedShadows: 1 });
    }
  });
});
