import sharp from "sharp";
import { describe, expect, it } from "vitest";

import { hasShared, sharedPath } from "../../../test/shared-files.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { measureCrop } from "./crop-statistics.ts";

/** Stripes of 3 pixels between two levels. */
function stripes(dark: number, bright: number): RasterImage {
  const data = Uint8Array.from({ length: 112 * 112 * 3 }, (_, i) =>
    Math.floor(i / 9) % 2 === 0 ? dark : bright,
  );
  return { data, width: 112, height: 112 };
}

const PORTRAIT = "photos/people/ten-identities/images/Tony_Blair/Tony_Blair_0001.jpg";

async function blurredPortrait(sigma: number): Promise<RasterImage> {
  const face = sharp(sharedPath(PORTRAIT)).extract({ left: 70, top: 70, width: 112, height: 112 });
  const { data, info } = await (sigma === 0 ? face : face.blur(sigma))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

describe("measureCrop", () => {
  it("finds nothing sharp in an even picture", () => {
    expect(measureCrop(stripes(120, 120))).toEqual({ sharpness: 0, contrast: 0 });
    const ramp = Uint8Array.from({ length: 112 * 112 * 3 }, (_, i) => 2 * (Math.floor(i / 3) % 112));
    expect(measureCrop({ data: ramp, width: 112, height: 112 }).sharpness).toBe(0);
  });

  it("measures contrast in levels, and finds dim stripes as sharp as bright ones", () => {
    expect(measureCrop(stripes(0, 200)).contrast).toBeCloseTo(100, 1);
    expect(measureCrop(stripes(100, 140)).contrast).toBeCloseTo(20, 1);
    expect(measureCrop(stripes(0, 200)).sharpness).toBe(1);
    expect(measureCrop(stripes(100, 140)).sharpness).toBe(1);
  });

  it.skipIf(!hasShared("sharpness of a portrait", PORTRAIT))(
    "falls with every step of blur of a portrait",
    async () => {
      const steps = await Promise.all([0, 0.7, 1, 1.5, 2, 2.5].map(blurredPortrait));
      const sharpness = steps.map((crop) => measureCrop(crop).sharpness);
      for (const [i, value] of sharpness.slice(1).entries()) expect(value).toBeLessThan(sharpness[i]!);
      expect(sharpness[0]).toBeGreaterThan(0.8);
      expect(sharpness.at(-1)).toBeLessThan(0.3);
    },
  );
});
