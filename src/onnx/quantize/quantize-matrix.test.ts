import { describe, expect, it } from "vitest";
import { quantizeMatrix } from "./quantize-matrix.ts";

describe("quantizeMatrix", () => {
  it("gives each column its own scale, and its largest number ±63", () => {
    const weights = Float32Array.of(63, -0.63, 31, 0.318, -63, 0);
    const { values, scales } = quantizeMatrix(weights, { inputSize: 3, outputSize: 2, isTransposed: false });
    expect([...values]).toEqual([63, -63, 31, 32, -63, 0]);
    expect(scales[0]).toBe(1);
    expect(scales[1]).toBeCloseTo(0.01, 6);
  });

  it("turns a transposed matrix round", () => {
    const weights = Float32Array.of(63, 31, -63, -0.63, 0.318, 0);
    const { values } = quantizeMatrix(weights, { inputSize: 3, outputSize: 2, isTransposed: true });
    expect([...values]).toEqual([63, -63, 31, 32, -63, 0]);
  });

  it("keeps a column of zeros at zero", () => {
    const { values, scales } = quantizeMatrix(new Float32Array(4), {
      inputSize: 2,
      outputSize: 2,
      isTransposed: false,
    });
    expect([...values, ...scales]).toEqual([0, 0, 0, 0, 1, 1]);
  });
});
