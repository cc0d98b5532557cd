import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RasterImage } from "../core/raster-image.ts";
import { computeLuminanceGrid } from "./luminance-grid.ts";

/** Noise that repeats with its seed. */
function createNoise(width: number, height: number, seed: number): RasterImage {
  let state = seed | 1;
  const data = Uint8Array.from({ length: width * height * 3 }, () => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223;
    return state >>> 24;
  });
  return { data, width, height };
}

/** The reference's steps one after the other: luminance, two box passes along rows and columns, decimation. */
function blurAndDecimate({ data, width, height }: RasterImage): number[] {
  let pixels = Array.from({ length: width * height }, (_, i) => {
    const [red, green, blue] = data.subarray(3 * i, 3 * i + 3);
    return 0.299 * red! + 0.587 * green! + 0.114 * blue!;
  });
  for (let pass = 0; pass < 2; pass++) {
    pixels = blurLines(pixels, height, width, width, 1);
    pixels = blurLines(pixels, width, height, 1, width);
  }
  return Array.from({ length: 64 * 64 }, (_, i) => {
    const row = Math.floor(((Math.floor(i / 64) + 0.5) * height) / 64);
    const column = Math.floor((((i % 64) + 0.5) * width) / 64);
    return pixels[row * width + column]!;
  });
}

/** One box pass along `count` lines of `length` pixels; the window grows at the start and shrinks at the end of a line. */
function blurLines(
  pixels: readonly number[],
  count: number,
  length: number,
  lineStride: number,
  stride: number,
): number[] {
  const window = Math.floor((length + 127) / 128);
  const ahead = Math.floor((window + 2) / 2) - 1;
  const blurred = pixels.slice();
  for (let line = 0; line < count; line++) {
    for (let i = 0; i < length; i++) {
      const under = [];
      for (let j = i + ahead - window + 1; j <= i + ahead; j++) {
        if (j >= 0 && j < length) under.push(pixels[line * lineStride + j * stride]!);
      }
      blurred[line * lineStride + i * stride] = under.reduce((a, b) => a + b) / under.length;
    }
  }
  return blurred;
}

describe("computeLuminanceGrid", () => {
  it("equals blurring the whole picture and then decimating it", () => {
    const side = fc.integer({ min: 1, max: 512 });
    fc.assert(
      fc.property(side, side, fc.integer(), (width, height, seed) => {
        const image = createNoise(width, height, seed);
        const expected = blurAndDecimate(image);
        const grid = computeLuminanceGrid(image);
        expect(Math.max(...expected.map((value, i) => Math.abs(value - grid[i]!)))).toBeLessThan(1e-9);
      }),
      { numRuns: 12 },
    );
  });

  it("samples larger pictures to 512×512 at the nearest pixel before the blur, in both directions", () => {
    const image = createNoise(700, 300, 5);
    const data = new Uint8Array(512 * 512 * 3);
    for (let i = 0; i < 512 * 512; i++) {
      const pixel = Math.floor((Math.floor(i / 512) * 300) / 512) * 700 + Math.floor(((i % 512) * 700) / 512);
      data.set(image.data.subarray(3 * pixel, 3 * pixel + 3), 3 * i);
    }
    expect(computeLuminanceGrid(image)).toEqual(computeLuminanceGrid({ data, width: 512, height: 512 }));
  });

  it("keeps the level of a flat picture up to its edges", () => {
    const grid = computeLuminanceGrid({
      data: new Uint8Array(300 * 200 * 3).fill(80),
      width: 300,
      height: 200,
    });
    expect(Math.min(...grid)).toBeCloseTo(80, 9);
    expect(Math.max(...grid)).toBeCloseTo(80, 9);
  });

  it.each([
    { width: 4, height: 4, bytes: 64 },
    { width: 0, height: 4, bytes: 0 },
    { width: 2.5, height: 2, bytes: 15 },
  ])("refuses $bytes bytes as $width×$height pixels of RGB", ({ width, height, bytes }) => {
    expect(() => computeLuminanceGrid({ data: new Uint8Array(bytes), width, height })).toThrow(
      /width·height·3/,
    );
  });
});
