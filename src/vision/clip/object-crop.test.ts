import { describe, expect, it } from "vitest";
import type { Box } from "../../core/geometry.ts";
import type { DetectedObject } from "../../core/photo-analysis.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { chooseObjects, cropObject } from "./object-crop.ts";

/** Red grows by two levels a pixel to the right, green downwards. */
function ramp(width: number, height: number): RasterImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) data.set([2 * x, 2 * y, 7], (y * width + x) * 3);
  return { data, width, height };
}

function objectOf(score: number, normalizedBox: Partial<Box> = {}): DetectedObject {
  return {
    label: "dog",
    score,
    normalizedBox: { x: 0.1, y: 0.1, width: 0.2, height: 0.2, ...normalizedBox },
  };
}

const pixel = ({ data, width }: RasterImage, x: number, y: number) => [
  ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];

describe("chooseObjects", () => {
  it("takes the eight surest, in the order of their scores", () => {
    const scores = [0.3, 0.9, 0.5, 0.4, 0.6, 0.35, 0.45, 0.55, 0.65, 0.7];
    expect(
      chooseObjects(
        scores.map((score) => objectOf(score)),
        { width: 1000, height: 1000 },
      ),
    ).toEqual([1, 9, 8, 4, 7, 2, 6, 3]);
  });

  it("leaves out specks and what fills the photo", () => {
    const objects = [
      objectOf(0.9, { width: 0.95, height: 0.9 }),
      objectOf(0.8, { width: 0.01 }),
      objectOf(0.3),
    ];
    expect(chooseObjects(objects, { width: 1000, height: 800 })).toEqual([2]);
  });
});

describe("cropObject", () => {
  const image = ramp(100, 80);

  it("takes in a square with the whole of a long object", () => {
    const { width, height } = cropObject(image, { x: 0.4, y: 0.25, width: 0.1, height: 0.5 }, 16);
    expect(Math.abs(width - height)).toBeLessThanOrEqual(1);
    expect(height).toBeGreaterThanOrEqual(44);
  });

  it("stays inside the photo, as large as there is room", () => {
    const beside = cropObject(image, { x: 0, y: 0.5, width: 0.1, height: 0.5 }, 16);
    expect(pixel(beside, 0, 0)[0]).toBe(0);
    expect(Math.max(beside.width, beside.height)).toBeLessThanOrEqual(45);
    const tall = cropObject(image, { x: 0.4, y: 0, width: 0.2, height: 1 }, 16);
    expect([tall.width, tall.height]).toEqual([88, 80]);
  });

  it("enlarges a small object to the tower's input, with borders between pixels", () => {
    // 20 pixels and a tenth more, from 39 to 61 across and from 29 to 51 down.
    const { data, width, height } = cropObject(image, { x: 0.4, y: 0.375, width: 0.2, height: 0.25 }, 44);
    expect([width, height]).toEqual([44, 44]);
    // The first of 44 samples in 22 pixels lies a quarter of a pixel inside, half a pixel being a pixel's centre.
    expect(pixel({ data, width, height }, 0, 0)).toEqual([Math.round(2 * 38.75), Math.round(2 * 28.75), 7]);
    expect(pixel({ data, width, height }, 43, 43)).toEqual([Math.round(2 * 60.25), Math.round(2 * 50.25), 7]);
  });

  it("keeps the pixels of a large object", () => {
    const large = cropObject(image, { x: 0.4, y: 0.375, width: 0.2, height: 0.25 }, 16);
    expect(pixel(large, 0, 0)).toEqual(pixel(image, 39, 29));
    expect([large.width, large.height]).toEqual([22, 22]);
  });
});
