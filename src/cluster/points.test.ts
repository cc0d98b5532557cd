import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cosineSimilarity } from "../math/vector.ts";
import { createPoints, toDistance, toSeparation } from "./points.ts";

describe("createPoints", () => {
  it("gives separations that stand for the metric's distances", () => {
    const vector = fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(vector, vector, (a, b) => {
        const numbers = Float64Array.from([...a, ...b]);
        const euclidean = toDistance(createPoints(numbers, 5, "euclidean").separation(0, 1), "euclidean");
        expect(euclidean).toBeCloseTo(Math.hypot(...a.map((value, i) => value - b[i]!)), 8);
        fc.pre([a, b].every((values) => Math.hypot(...values) > 1e-6));
        const cosine = createPoints(numbers, 5, "cosine").separation(0, 1);
        expect(cosine).toBeCloseTo(1 - cosineSimilarity(numbers.subarray(0, 5), numbers.subarray(5)), 9);
      }),
    );
  });

  it("tells near duplicates apart, which float32 products cannot", () => {
    const points = createPoints(Float64Array.of(1000, 1000, 1000, 1000 + 1e-6), 2, "euclidean");
    expect(toDistance(points.separation(0, 1), "euclidean")).toBeCloseTo(1e-6, 12);
  });

  it.each([
    [Float32Array.of(1, Number.NaN), "euclidean" as const, /finite/],
    [Float32Array.of(1, Infinity), "euclidean" as const, /finite/],
    [Float32Array.of(1, Number.NaN), "cosine" as const, /direction/],
    [Float32Array.of(0, 0), "cosine" as const, /Row 0 has no direction/],
    [Float32Array.of(1, 2, 3), "cosine" as const, /rows of 2/],
  ])("refuses %o with %s", (numbers, metric, message) => {
    expect(() => createPoints(numbers, 2, metric)).toThrow(message);
  });
});

describe("toSeparation", () => {
  it("is the inverse of toDistance", () => {
    for (const metric of ["euclidean", "cosine"] as const)
      expect(toDistance(toSeparation(0.7, metric), metric)).toBeCloseTo(0.7, 15);
  });
});
