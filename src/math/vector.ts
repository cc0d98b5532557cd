import { KeepsightError } from "../core/errors.ts";

/** A vector of numbers; embeddings are Float32Array, sums are always made in float64. */
export type Vector = Float32Array | Float64Array;

/** Accumulators of {@link dotProduct}: additions of one sum wait for each other, of four they overlap. */
const LANES = 4;

/**
 * Sum of the products of the elements of two vectors of equal length; of two L2-normalised embeddings their cosine
 * similarity. O(n), in float64. Throws `bad_request` when the lengths differ: such embeddings come from different models.
 */
export function dotProduct(a: Vector, b: Vector): number {
  assertSameLength(a, b);
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  const wholeLanes = a.length - (a.length % LANES);
  for (let i = 0; i < wholeLanes; i += LANES) {
    sum0 += a[i]! * b[i]!;
    sum1 += a[i + 1]! * b[i + 1]!;
    sum2 += a[i + 2]! * b[i + 2]!;
    sum3 += a[i + 3]! * b[i + 3]!;
  }
  for (let i = wholeLanes; i < a.length; i++) sum0 += a[i]! * b[i]!;
  return sum0 + sum1 + (sum2 + sum3);
}

/**
 * A new Float32Array in the direction of `vector` with L2 length 1. Throws `bad_request` on a vector that has no direction
 * (all zero) or holds NaN or infinity: a model that answers so is broken, and such an embedding would match everything or nothing.
 */
export function normalize(vector: Vector): Float32Array {
  return normalizeInPlace(Float32Array.from(vector));
}

/** `vector` itself, scaled to L2 length 1. Throws as {@link normalize}, leaving the vector as it was. */
export function normalizeInPlace<V extends Vector>(vector: V): V {
  const length = Math.sqrt(dotProduct(vector, vector));
  if (!Number.isFinite(length) || length === 0) {
    throw new KeepsightError(
      "bad_request",
      `Only a finite vector other than zero can be normalised, not one of length ${length} (${vector.length} numbers).`,
    );
  }
  for (let i = 0; i < vector.length; i++) vector[i]! /= length;
  return vector;
}

/**
 * Cosine of the angle between two vectors of any length but zero: −1 opposite, 0 unrelated, 1 same direction. Costs three
 * passes; of embeddings that are normalised already use {@link dotProduct}. Throws `bad_request` on different
 * dimensions and on vectors that cannot be normalised.
 */
export function cosineSimilarity(a: Vector, b: Vector): number {
  assertSameLength(a, b);
  const lengths = Math.sqrt(dotProduct(a, a)) * Math.sqrt(dotProduct(b, b));
  if (!Number.isFinite(lengths) || lengths === 0) {
    throw new KeepsightError(
      "bad_request",
      "The cosine similarity of a zero or non-finite vector is undefined.",
    );
  }
  // Rounding can leave the interval, and acos or a calibration would answer NaN.
  return Math.max(-1, Math.min(1, dotProduct(a, b) / lengths));
}

function assertSameLength(a: Vector, b: Vector): void {
  if (a.length === b.length) return;
  throw new KeepsightError(
    "bad_request",
    `Vectors of ${a.length} and ${b.length} numbers cannot be compared; embeddings of different models never are.`,
  );
}
