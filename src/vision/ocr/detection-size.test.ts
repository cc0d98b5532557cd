import { describe, expect, it } from "vitest";
import { hasShared, readSharedJson } from "../../../test/shared-files.ts";
import { computeDetectionSize } from "./detection-size.ts";

describe("computeDetectionSize", () => {
  it("raises the shorter side, keeps the longer within its limit, and ends on multiples of 32", () => {
    const limits = { minSide: 480, maxSide: 960 };
    expect(computeDetectionSize({ width: 320, height: 240 }, limits)).toEqual({ width: 640, height: 480 });
    expect(computeDetectionSize({ width: 4000, height: 3000 }, limits)).toEqual({ width: 960, height: 704 });
    expect(computeDetectionSize({ width: 700, height: 30 }, limits)).toEqual({ width: 960, height: 32 });
  });
});

const DATA = "conformance/ocr/det_resize_shapes.json";
const isHere = hasShared("detection sizes against the reference", DATA);
interface Shape {
  readonly hw: readonly [number, number];
  readonly limit: number;
  readonly type: "min" | "max";
  readonly resized_hw: readonly [number, number];
}

describe.skipIf(!isHere)("computeDetectionSize against DetResizeForTest", () => {
  it.each(isHere ? readSharedJson<Shape[]>(DATA) : [])("$hw with $type side $limit", (shape) => {
    const [height, width] = shape.hw;
    const limits = {
      minSide: shape.type === "min" ? shape.limit : 1,
      maxSide: shape.type === "max" ? shape.limit : Infinity,
    };
    const size = computeDetectionSize({ width, height }, limits);
    expect([size.height, size.width]).toEqual(shape.resized_hw);
  });
});
