import { describe, expect, it } from "vitest";

import type { Quad } from "../core/geometry.ts";
import type { RasterImage } from "../core/raster-image.ts";
import { createRandom } from "../math/random.ts";
import { crop } from "./crop.ts";
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

/** Cubic convolution (Keys 1981) with a = -0.75 of one channel, the border replicated. */
function bicubicAt({ data, width, height }: RasterImage, x: number, y: number, channel: number): number {
  const weight = (distance: number): number => {
    const t = Math.abs(distance);
    if (t < 1) return (1.25 * t - 2.25) * t * t + 1;
    return t < 2 ? -0.75 * (((t - 5) * t + 8) * t - 4) : 0;
  };
  const clamp = (value: number, count: number) => Math.min(Math.max(value, 0), count - 1);
  let sum = 0;
  for (let row = Math.floor(y) - 1; row <= Math.floor(y) + 2; row++) {
    for (let column = Math.floor(x) - 1; column <= Math.floor(x) + 2; column++) {
      const at = (clamp(row, height) * width + clamp(column, width)) * 3 + channel;
      sum += data[at]! * weight(x - column) * weight(y - row);
    }
  }
  return sum;
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

  it("is the same for a part deep inside a large image as for that part alone, turned and shrunk", () => {
    const random = createRandom(4);
    const large = {
      data: Uint8Array.from({ length: 90 * 70 * 3 }, () => random() * 256),
      width: 90,
      height: 70,
    };
    const part = crop(large, { x: 40, y: 30, width: 30, height: 30 });
    const turn = [0.6, 0.3, -2, -0.3, 0.6, 6] as const;
    const moved = [0.6, 0.3, -2 - 0.6 * 40 - 0.3 * 30, -0.3, 0.6, 6 + 0.3 * 40 - 0.6 * 30] as const;
    const [inPart, inLarge] = [warpAffine(part, turn, SLOPE), warpAffine(large, moved, SLOPE)];
    const inside = pixelAt(inPart, 4, 3);
    expect(inside).not.toEqual([0, 0, 0]);
    expect(pixelAt(inLarge, 4, 3)).toEqual(inside);
  });

  it("is black where nothing of the image is seen", () => {
    for (const [x, y] of [
      [50, 0],
      [-50, 0],
      [0, 50],
      [0, -50],
      [1e12, 1e12],
    ] as const) {
      const { data } = warpAffine(SLOPE, [1, 0, x, 0, 1, y], SLOPE);
      expect(data.every((level) => level === 0)).toBe(true);
    }
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

  it("is the bicubic convolution of OpenCV in the middle and at the border alike", () => {
    const random = createRandom(3);
    const data = Uint8Array.from({ length: 24 * 20 * 3 }, () => random() * 256);
    const image = { data, width: 24, height: 20 };
    const [dx, dy] = [0.3125, -0.6875];
    const quad: Quad = [dx, dy, 24 + dx, dy, 24 + dx, 20 + dy, dx, 20 + dy];
    const warped = warpPerspective(image, quad, image);
    for (const [x, y] of [
      [12, 9],
      [3, 17],
      [22, 10],
      [0, 0],
      [23, 19],
    ] as const) {
      const expected = [0, 1, 2].map((channel) => bicubicAt(image, x + dx, y + dy, channel));
      for (const [channel, value] of pixelAt(warped, x, y).entries())
        expect(Math.abs(value - Math.min(255, Math.max(0, expected[channel]!)))).toBeLessThan(0.6);
    }
  });

  it("replicates the border", () => {
    const beyond = warpPerspective(SLOPE, [-20, 0, -12, 0, -12, 6, -20, 6], SLOPE);
    expect(pixelAt(beyond, 4, 3)).toEqual([0, 90, 100]);
  });

  it("refuses a quad with three corners on one line", () => {
    expect(() => warpPerspective(SLOPE, [0, 0, 4, 0, 8, 0, 0, 6], SLOPE)).toThrow(/flat quadrilateral/);
  });
});
