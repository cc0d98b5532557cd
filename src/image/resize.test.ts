import { describe, expect, it, test } from "vitest";

import { hasShared, readSharedImage, readSharedJson } from "../../test/shared-files.ts";
import type { Size } from "../core/geometry.ts";
import type { RasterImage } from "../core/raster-image.ts";
import { resize, resizeForDetection, type ResizeKernel, resizeWithoutAntialias } from "./resize.ts";

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

describe("resize", () => {
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
