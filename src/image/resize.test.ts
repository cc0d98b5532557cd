import fc from "fast-check";
import { describe, expect, it, test } from "vitest";

import { hasShared, readSharedImage, readSharedJson } from "../../test/shared-files.ts";
import type { Size } from "../core/geometry.ts";
import type { RasterImage } from "../core/raster-image.ts";
import type { ResizeKernel } from "./resample/filter.ts";
import { crop } from "./crop.ts";
import { resize, resizeForDetection, resizePart, resizeWithoutAntialias } from "./resize.ts";

interface KernelCase {
  readonly wh: [number, number];
  readonly to_wh: [number, number];
  readonly input: readonly number[];
  readonly pil_bicubic: readonly number[];
  readonly pil_bilinear: readonly number[];
  readonly pil_lanczos: readonly number[];
  readonly cv2_linear: readonly number[];
}

interface ImageCase {
  readonly name: string;
  readonly resized_wh: [number, number];
  readonly crop_left_top: [number, number];
}

const KERNELS: readonly ResizeKernel[] = ["bilinear", "bicubic", "lanczos3"];
const hasConformance = hasShared("resampling against Pillow and OpenCV", "conformance/clip/image.json");
const conformance: { kernels: KernelCase[]; images: ImageCase[] } = hasConformance
  ? readSharedJson("conformance/clip/image.json")
  : { kernels: [], images: [] };

function toSize([width, height]: readonly [number, number]): Size {
  return { width, height };
}

function grey(levels: readonly number[], size: Size): RasterImage {
  return { data: Uint8Array.from(levels.flatMap((level) => [level, level, level])), ...size };
}

function redChannel({ data }: RasterImage): number[] {
  return [...data].filter((_, i) => i % 3 === 0);
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a, (level, i) => Math.abs(level - b[i]!)).reduce((x, y) => Math.max(x, y), 0);
}

function cutSquare(image: RasterImage, left: number, top: number, side: number): Uint8Array {
  const rows = Array.from({ length: side }, (_, y) => {
    const from = ((top + y) * image.width + left) * 3;
    return [...image.data.subarray(from, from + side * 3)];
  });
  return Uint8Array.from(rows.flat());
}

const side = fc.integer({ min: 1, max: 24 });
const picture = fc
  .tuple(side, side)
  .chain(([width, height]) =>
    fc
      .uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
      .map((data): RasterImage => ({ data, width, height })),
  );

/** Each row or column of levels resampled by the triangle kernel in floating point, rounded to 8 bits. */
function triangle(levels: readonly number[], length: number): number[] {
  const scale = levels.length / length;
  const reach = Math.max(1, scale);
  return Array.from({ length }, (_, i) => {
    const weights = levels.map((_level, k) => Math.max(0, 1 - Math.abs(k + 0.5 - (i + 0.5) * scale) / reach));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return Math.round(weights.reduce((total, weight, k) => total + weight * levels[k]!, 0) / sum);
  });
}

function channelRows({ data, width, height }: RasterImage, channel: number): number[][] {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (__, x) => data[(y * width + x) * 3 + channel]!),
  );
}

function transpose(rows: readonly (readonly number[])[]): number[][] {
  return rows[0]!.map((_, x) => rows.map((row) => row[x]!));
}

describe("resize", () => {
  it("equals the same sums in floating point, from any size to any", () => {
    fc.assert(
      fc.property(picture, side, side, (image, width, height) => {
        const resized = resize(image, { width, height }, "bilinear");
        for (const channel of [0, 1, 2]) {
          const narrowed = channelRows(image, channel).map((row) => triangle(row, width));
          const expected = transpose(transpose(narrowed).map((column) => triangle(column, height)));
          // Two roundings to 8 bits: each may fall the other way in fixed point.
          expect(
            largestDifference(channelRows(resized, channel).flat(), expected.flat()),
          ).toBeLessThanOrEqual(2);
        }
      }),
    );
  });

  describe.skipIf(!hasConformance)("against Pillow", () => {
    test.each(conformance.kernels)("$wh to $to_wh equals it with every kernel", (vector) => {
      const image = grey(vector.input, toSize(vector.wh));
      const size = toSize(vector.to_wh);
      expect(redChannel(resize(image, size, "bicubic"))).toEqual(vector.pil_bicubic);
      expect(redChannel(resize(image, size, "bilinear"))).toEqual(vector.pil_bilinear);
      expect(redChannel(resize(image, size, "lanczos3"))).toEqual(vector.pil_lanczos);
    });

    test.each(conformance.images)("$name as a CLIP input equals it", async ({ name, ...vector }) => {
      const image = await readSharedImage(`conformance/clip/${name}.png`);
      const [left, top] = vector.crop_left_top;
      for (const [kernel, file] of [
        ["bicubic", `${name}.clip224.png`],
        ["bilinear", `${name}.bilinear224.png`],
      ] as const) {
        const expected = await readSharedImage(`conformance/clip/${file}`);
        const resized = resize(image, toSize(vector.resized_wh), kernel);
        expect(largestDifference(cutSquare(resized, left, top, 224), expected.data)).toBe(0);
      }
    });
  });

  test.each(KERNELS)("keeps an even colour even with %s", (kernel) => {
    const image = { data: new Uint8Array(31 * 17 * 3).fill(77), width: 31, height: 17 };
    for (const size of [
      { width: 5, height: 40 },
      { width: 64, height: 3 },
      { width: 1, height: 1 },
    ]) {
      const resized = resize(image, size, kernel);
      expect({ width: resized.width, height: resized.height }).toEqual(size);
      expect(resized.data.length).toBe(size.width * size.height * 3);
      expect(new Set(resized.data)).toEqual(new Set([77]));
    }
  });

  it("keeps the channels apart", () => {
    const image = { data: Uint8Array.from([10, 20, 30, 10, 20, 30]), width: 2, height: 1 };
    expect([...resize(image, { width: 1, height: 1 }, "bicubic").data]).toEqual([10, 20, 30]);
  });

  test.each([
    { width: 0, height: 4 },
    { width: 4, height: 2.5 },
    { width: Number.NaN, height: 4 },
  ])("refuses the size $width × $height", (size) => {
    const image = grey([1], { width: 1, height: 1 });
    expect(() => resize(image, size, "bicubic")).toThrow(/whole pixels/);
    expect(() => resizeWithoutAntialias(image, size)).toThrow(/whole pixels/);
    expect(() => resizeForDetection(image, size)).toThrow(/whole pixels/);
  });
});

describe("resizePart", () => {
  const kernel = fc.constantFrom<ResizeKernel>("bilinear", "bicubic", "lanczos3");

  it("gives what resizing and a crop give", () => {
    const fraction = fc.double({ min: 0, max: 1, noNaN: true });
    const along = (length: number, from: number, share: number) => {
      const start = Math.floor(from * (length - 1));
      return { start, count: 1 + Math.floor(share * (length - start - 1)) };
    };
    fc.assert(
      fc.property(
        picture,
        side,
        side,
        kernel,
        fc.tuple(fraction, fraction, fraction, fraction),
        (image, width, height, shape, [left, top, across, down]) => {
          const x = along(width, left, across);
          const y = along(height, top, down);
          const part = { x: x.start, y: y.start, width: x.count, height: y.count };
          const size = { width, height };
          expect(resizePart(image, size, shape, part)).toEqual(crop(resize(image, size, shape), part));
        },
      ),
    );
  });

  it("makes the middle of a thin line without making the rest", () => {
    const line = { data: new Uint8Array(30_000 * 3).fill(77), width: 30_000, height: 1 };
    const size = { width: 30_000 * 256, height: 256 };
    const middle = resizePart(line, size, "bicubic", { x: 15_000 * 256, y: 0, width: 256, height: 256 });
    expect(middle.data).toEqual(new Uint8Array(256 * 256 * 3).fill(77));
  });
});

describe("resizeWithoutAntialias", () => {
  test.skipIf(!hasConformance).each(conformance.kernels)(
    "$wh to $to_wh differs from OpenCV's INTER_LINEAR by at most one level",
    (vector) => {
      const resized = resizeWithoutAntialias(grey(vector.input, toSize(vector.wh)), toSize(vector.to_wh));
      expect(largestDifference(redChannel(resized), vector.cv2_linear)).toBeLessThanOrEqual(1);
    },
  );

  it("reads only the nearest pixels however much it shrinks", () => {
    const image = grey([0, 255, 255, 0, 0, 255, 255, 0], { width: 8, height: 1 });
    expect(redChannel(resizeWithoutAntialias(image, { width: 2, height: 1 }))).toEqual([255, 255]);
  });
});

describe("resizeForDetection", () => {
  it("counts every pixel when it shrinks to a half or less", () => {
    const image = grey([0, 255, 255, 0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 255, 255, 0], {
      width: 8,
      height: 2,
    });
    expect(redChannel(resizeForDetection(image, { width: 2, height: 1 }))).toEqual([128, 128]);
  });

  it("is plain bilinear above a half", () => {
    const image = grey([0, 60, 200, 255, 9, 80], { width: 3, height: 2 });
    const size = { width: 5, height: 3 };
    expect(resizeForDetection(image, size)).toEqual(resizeWithoutAntialias(image, size));
  });
});
