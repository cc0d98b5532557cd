import { describe, expect, it } from "vitest";

import type { Quad } from "../core/geometry.ts";
import type { RasterImage } from "../core/raster-image.ts";
import { warpAffine, warpPerspective } from "./warp.ts";

/** 8 × 6 pixels with smooth slopes: red grows to the right, green downwards. */
const SLOPE: RasterImage = {
  data: Uint8Array.from(
    Array.from({ length: 48 }, (_, i) => [(i % 8) * 20, Math.floor(i / 8) * 30, 100]).flat(),
  ),
  width: 8,
  height: 6,
};

function pixelAt({ data, width }: RasterImage, x: number, y: number): number[] {
  return [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
}

describe("warpAffine", () => {
  it("changes nothing by the identity", () => {
    expect(warpAffine(SLOPE, [1, 0, 0, 0, 1, 0], SLOPE)).toEqual(SLOPE);
  });

  it("interpolates between pixels", () => {
    const shifted = warpAffine(SLOPE, [1, 0, -0.5, 0, 1, -0.25], { width: 4, height: 3 });
    expect(pixelAt(shifted, 1, 1)).toEqual([30, 38, 100]);
  });

  it("is black outside the image and fades over its border", () => {
    const shifted = warpAffine(SLOPE, [1, 0, 1.5, 0, 1, 0], { width: 10, height: 6 });
    expect(pixelAt(shifted, 0, 3)).toEqual([0, 0, 0]);
    expect(pixelAt(shifted, 1, 3)).toEqual([0, 45, 50]);
    expect(pixelAt(shifted, 9, 3)).toEqual([70, 45, 50]);
  });

  it("refuses a matrix that flattens the plane", () => {
    expect(() => warpAffine(SLOPE, [1, 2, 0, 2, 4, 0], SLOPE)).toThrow(/singular/);
  });
});

describe("warpPerspective", () => {
  it("changes nothing between equal rectangles", () => {
    expect(warpPerspective(SLOPE, [0, 0, 8, 0, 8, 6, 0, 6], SLOPE)).toEqual(SLOPE);
  });

  it("turns a quad read from bottom to top upright", () => {
    const quad: Quad = [0, 6, 0, 0, 8, 0, 8, 6];
    const turned = warpPerspective(SLOPE, quad, { width: 6, height: 8 });
    expect(pixelAt(turned, 1, 2)).toEqual([40, 150, 100]);
  });

  it("replicates the border", () => {
    const beyond = warpPerspective(SLOPE, [-20, 0, -12, 0, -12, 6, -20, 6], SLOPE);
    expect(pixelAt(beyond, 4, 3)).toEqual([0, 90, 100]);
  });

  it("refuses a quad with three corners on one line", () => {
    expect(() => warpPerspective(SLOPE, [0, 0, 4, 0, 8, 0, 0, 6], SLOPE)).toThrow(/flat quadrilateral/);
  });
});
