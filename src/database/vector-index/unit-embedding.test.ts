import { describe, expect, it, test } from "vitest";
import { toUnitEmbedding } from "./unit-embedding.ts";

describe("toUnitEmbedding", () => {
  it("scales to length 1", () => {
    expect([...toUnitEmbedding(Float32Array.of(3, 4), 2, "It")]).toEqual([...Float32Array.of(0.6, 0.8)]);
  });

  it("keeps a normalised embedding bit for bit, in an array of its own", () => {
    const unit = toUnitEmbedding(Float32Array.of(1, 2, 3), 3, "It");
    const again = toUnitEmbedding(unit, 3, "It");
    expect(again).toEqual(unit);
    expect(again).not.toBe(unit);
  });

  test.each([1e38, 1e-44])("keeps the direction of values as extreme as %d", (value) => {
    const unit = toUnitEmbedding(Float32Array.of(value, -value), 2, "It");
    expect(unit[0]).toBeCloseTo(Math.SQRT1_2, 6);
    expect(unit[1]).toBeCloseTo(-Math.SQRT1_2, 6);
  });

  test.each([
    [[1, 2], /It has 2 dimensions, the index 3/],
    [[1, NaN, 1], /It holds values that are not finite/],
    [[1, Infinity, 1], /It holds values that are not finite/],
    [[0, -0, 0], /It is all zeros/],
  ])("refuses %j", (values, message) => {
    expect(() => toUnitEmbedding(Float32Array.from(values), 3, "It")).toThrow(message);
  });
});
