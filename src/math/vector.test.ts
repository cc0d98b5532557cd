import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { cosineSimilarity, dotProduct, normalize, normalizeInPlace } from "./vector.ts";

const vectors = (length: number) =>
  fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: length, maxLength: length });

describe("dotProduct", () => {
  test.each([
    { a: [], b: [], expected: 0 },
    { a: [2], b: [3], expected: 6 },
    { a: [1, 2, 3, 4], b: [5, 6, 7, 8], expected: 70 },
    { a: [1, 2, 3, 4, 5, 6, 7], b: [1, 1, 1, 1, 1, 10, 100], expected: 775 },
  ])("multiplies $a by $b", ({ a, b, expected }) => {
    expect(dotProduct(Float32Array.from(a), Float32Array.from(b))).toBe(expected);
  });

  it("equals the plain sum of products at every length up to past two rounds of its lanes", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 11 }).chain((n) => fc.tuple(vectors(n), vectors(n))),
        ([a, b]) => {
          const plain = a.reduce((sum, value, i) => sum + value * b[i]!, 0);
          expect(dotProduct(Float64Array.from(a), Float64Array.from(b))).toBeCloseTo(plain, 8);
        },
      ),
    );
  });

  it("sums float32 elements in float64", () => {
    expect(dotProduct(new Float32Array([2 ** 24, 1, 1, 1, 1]), new Float32Array(5).fill(1))).toBe(
      2 ** 24 + 4,
    );
  });

  it("refuses vectors of different lengths", () => {
    expect(() => dotProduct(new Float32Array(512), new Float32Array(128))).toThrow(/512 and 128/);
  });
});

describe("normalize", () => {
  it("gives a new vector of length 1 in the same direction", () => {
    const vector = new Float32Array([3, 0, 4]);
    expect([...normalize(vector)]).toEqual([Math.fround(0.6), 0, Math.fround(0.8)]);
    expect([...vector]).toEqual([3, 0, 4]);
  });

  test.each([[[0, 0]], [[]], [[Number.NaN, 1]], [[Infinity, 1]]])(
    "refuses %j, which has no direction",
    (values) => {
      expect(() => normalize(Float64Array.from(values))).toThrow(/finite vector other than zero/);
    },
  );
});

describe("normalizeInPlace", () => {
  it("scales the vector it was given", () => {
    const vector = new Float64Array([0, -2]);
    expect(normalizeInPlace(vector)).toBe(vector);
    expect([...vector]).toEqual([0, -1]);
  });
});

describe("cosineSimilarity", () => {
  test.each([
    { a: [1, 0], b: [0, 5], expected: 0 },
    { a: [1, 1], b: [3, 3], expected: 1 },
    { a: [1, 2], b: [-2, -4], expected: -1 },
    { a: [1, 0], b: [1, 1], expected: Math.SQRT1_2 },
  ])("of $a and $b is $expected", ({ a, b, expected }) => {
    expect(cosineSimilarity(Float64Array.from(a), Float64Array.from(b))).toBeCloseTo(expected, 12);
  });

  it("stays within −1 and 1 for parallel vectors of any scale", () => {
    fc.assert(
      fc.property(vectors(7), fc.double({ min: 0.001, max: 1000, noNaN: true }), (values, scale) => {
        fc.pre(values.some((value) => Math.abs(value) > 1e-3));
        const a = Float64Array.from(values);
        const similarity = cosineSimilarity(
          a,
          a.map((value) => value * scale),
        );
        expect(similarity).toBeLessThanOrEqual(1);
        expect(similarity).toBeCloseTo(1, 9);
      }),
    );
  });

  it("refuses a zero vector and vectors of different lengths", () => {
    expect(() => cosineSimilarity(new Float32Array(2), new Float32Array([1, 0]))).toThrow(/undefined/);
    expect(() => cosineSimilarity(new Float32Array(2), new Float32Array(3))).toThrow(/2 and 3/);
  });
});
