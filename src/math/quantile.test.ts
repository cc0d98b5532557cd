import { describe, expect, it, test } from "vitest";
import { normalUpperQuantile, quantile, spreadOf } from "./quantile.ts";
import { createRandom } from "./random.ts";

describe("quantile", () => {
  it("takes the upper of two neighbours, and the largest for all", () => {
    const sorted = Float64Array.of(1, 2, 3, 4);
    expect([0, 0.5, 0.9, 1].map((share) => quantile(sorted, share))).toEqual([1, 3, 4, 4]);
    expect(quantile(new Float64Array(), 0.5)).toBe(0);
  });
});

describe("spreadOf", () => {
  it("finds centre and deviation of a normal distribution, whatever a twentieth of outliers does", () => {
    const random = createRandom(7);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const values = Array.from({ length: 4000 }, (_, i) => (i % 20 === 0 ? 9 : 0.2 + 0.03 * normal()));
    const { median, spread } = spreadOf(values);
    expect(median).toBeCloseTo(0.2, 2);
    expect(spread).toBeGreaterThan(0.027);
    expect(spread).toBeLessThan(0.042);
  });

  it("is nothing without values", () => {
    expect(spreadOf([])).toEqual({ median: 0, spread: 0 });
  });
});

describe("normalUpperQuantile", () => {
  // Tables of the normal distribution.
  test.each([
    [0.5, 0],
    [0.1, 1.28155],
    [0.01, 2.32635],
    [1e-3, 3.09023],
    [1e-6, 4.75342],
    [1e-8, 5.612],
  ])("P(z > %d) at %d", (probability, z) => {
    expect(Math.abs(normalUpperQuantile(probability) - z)).toBeLessThan(1e-3);
  });
});
