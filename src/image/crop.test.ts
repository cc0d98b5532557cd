import { describe, expect, test } from "vitest";

import type { RasterImage } from "../core/raster-image.ts";
import { crop } from "./crop.ts";

/** 4 × 3 pixels whose red tells the column, green the row. */
const IMAGE: RasterImage = {
  data: Uint8Array.from(Array.from({ length: 12 }, (_, i) => [i % 4, Math.floor(i / 4), 7]).flat()),
  width: 4,
  height: 3,
};

function describeCrop({ data, width, height }: RasterImage) {
  return { width, height, first: [...data.subarray(0, 3)], last: [...data.subarray(-3)] };
}

describe("crop", () => {
  test.each([
    [
      "inside",
      { x: 1, y: 1, width: 2, height: 1 },
      { width: 2, height: 1, first: [1, 1, 7], last: [2, 1, 7] },
    ],
    [
      "with fractions, rounded outwards",
      { x: 0.6, y: 0.2, width: 1, height: 1 },
      { width: 2, height: 2, first: [0, 0, 7], last: [1, 1, 7] },
    ],
    [
      "over the border, cut off",
      { x: -5, y: 1, width: 100, height: 100 },
      { width: 4, height: 2, first: [0, 1, 7], last: [3, 2, 7] },
    ],
    [
      "without area, as one pixel",
      { x: 2, y: 2, width: 0, height: 0 },
      { width: 1, height: 1, first: [2, 2, 7], last: [2, 2, 7] },
    ],
  ])("takes a box %s", (_, box, expected) => {
    expect(describeCrop(crop(IMAGE, box))).toEqual(expected);
  });

  test.each([
    { x: 4, y: 0, width: 2, height: 2 },
    { x: -3, y: 0, width: 2, height: 2 },
    { x: 0, y: 3, width: 1, height: 1 },
    { x: Number.NaN, y: 0, width: 1, height: 1 },
  ])("refuses a box that lies outside: $x, $y", (box) => {
    expect(() => crop(IMAGE, box)).toThrow(/outside the image of 4 × 3/);
  });
});
