import { KeepsightError } from "../core/errors.ts";
import { productError } from "../math/products/row-products.ts";
import type { Vector } from "../math/vector.ts";

/**
 * Points to be clustered, and how far apart they are: every algorithm of this folder starts from them.
 *
 * [Note: Separations] All algorithms work on the *separation* of two points, half their squared Euclidean distance; for the
 * cosine metric that of the directions, which is the cosine distance 1 − cos itself. It grows with the distance, so order
 * and trees are the same, and it comes straight out of a matrix product: |x|²/2 + |y|²/2 − x·y. Products in float32 err (all
 * digits are lost between near duplicates), so they only rule pairs out, by the lower bound
 * `halfNorms[i] + halfNorms[j] − product`, where `halfNorms` are reduced by the largest possible error; what is left is
 * computed again in float64 as Σ(xᵢ − yᵢ)²/2, in which nothing cancels. Results are therefore those of float64.
 */

/** How distance is measured: `cosine` is 1 − cos of the angle (0–2), whatever the lengths. */
export type Metric = "euclidean" | "cosine";

/** A matrix of points with a metric. See: [Note: Separations] */
export interface Points {
  readonly count: number;
  readonly dimensions: number;
  readonly metric: Metric;
  /** The points in float32 as they are multiplied: directions (cosine), or moved so that their mean is 0 (euclidean). */
  readonly matrix: Float32Array;
  /** Half the squared length of each row of `matrix`, less the largest error of its products. */
  readonly halfNorms: Float64Array;
  /** The separation of two points, in float64. */
  separation(i: number, j: number): number;
}

/**
 * Row-major numbers, `dimensions` for each point, as points; the numbers are not copied for {@link Points.separation}, so
 * leave them alone. Throws `bad_request` on NaN, infinity, a length that is no multiple of `dimensions`, and on points without
 * a direction (all zero) under the cosine metric.
 */
export function createPoints(numbers: Vector, dimensions: number, metric: Metric): Points {
  if (!Number.isInteger(dimensions) || dimensions < 1 || numbers.length % dimensions !== 0)
    throw new KeepsightError(
      "bad_request",
      `${numbers.length} numbers are not rows of ${dimensions} dimensions each.`,
    );
  const count = numbers.length / dimensions;
  const scales = metric === "cosine" ? inverseLengths(numbers, dimensions) : undefined;
  if (scales === undefined) assertFinite(numbers, dimensions);
  const matrix =
    scales === undefined ? toCentred(numbers, dimensions) : toDirections(numbers, dimensions, scales);
  return {
    count,
    dimensions,
    metric,
    matrix,
    halfNorms: computeHalfNorms(matrix, dimensions),
    separation: (i, j) =>
      computeSeparation(numbers, i * dimensions, j * dimensions, dimensions, scales, i, j),
  };
}

/** The distance that a separation stands for in the metric. */
export function toDistance(separation: number, metric: Metric): number {
  return metric === "cosine" ? separation : Math.sqrt(2 * separation);
}

/** The separation that a distance in the metric stands for. */
export function toSeparation(distance: number, metric: Metric): number {
  return metric === "cosine" ? distance : (distance * distance) / 2;
}

function computeSeparation(
  numbers: Vector,
  a: number,
  b: number,
  dimensions: number,
  scales: Float64Array | undefined,
  i: number,
  j: number,
): number {
  const scaleA = scales === undefined ? 1 : scales[i]!;
  const scaleB = scales === undefined ? 1 : scales[j]!;
  let even = 0;
  let odd = 0;
  const end = a + dimensions - (dimensions % 2);
  for (; a < end; a += 2, b += 2) {
    const first = numbers[a]! * scaleA - numbers[b]! * scaleB;
    const second = numbers[a + 1]! * scaleA - numbers[b + 1]! * scaleB;
    even += first * first;
    odd += second * second;
  }
  if (dimensions % 2 === 1) even += (numbers[a]! * scaleA - numbers[b]! * scaleB) ** 2;
  return (even + odd) / 2;
}

function inverseLengths(numbers: Vector, dimensions: number): Float64Array {
  const scales = new Float64Array(numbers.length / dimensions);
  for (let i = 0; i < scales.length; i++) {
    let sum = 0;
    for (let k = i * dimensions; k < (i + 1) * dimensions; k++) sum += numbers[k]! * numbers[k]!;
    scales[i] = 1 / Math.sqrt(sum);
    if (!Number.isFinite(scales[i]) || scales[i] === 0)
      throw new KeepsightError(
        "bad_request",
        `Row ${i} has no direction (it is all zero, or holds NaN or infinity), so no cosine distance either.`,
      );
  }
  return scales;
}

function assertFinite(numbers: Vector, dimensions: number): void {
  for (let k = 0; k < numbers.length; k++) {
    if (Number.isFinite(numbers[k])) continue;
    throw new KeepsightError(
      "bad_request",
      `Row ${Math.floor(k / dimensions)} holds ${numbers[k]}; only finite numbers can be clustered.`,
    );
  }
}

function toDirections(numbers: Vector, dimensions: number, scales: Float64Array): Float32Array {
  const directions = new Float32Array(numbers.length);
  for (let i = 0; i < scales.length; i++) {
    for (let k = i * dimensions; k < (i + 1) * dimensions; k++) directions[k] = numbers[k]! * scales[i]!;
  }
  return directions;
}

/** Distances stay the same and products get smaller, and with them their errors. */
function toCentred(numbers: Vector, dimensions: number): Float32Array {
  const mean = new Float64Array(dimensions);
  for (let k = 0; k < numbers.length; k++) mean[k % dimensions]! += numbers[k]!;
  const count = numbers.length / dimensions;
  return Float32Array.from(numbers, (value, k) => value - mean[k % dimensions]! / count);
}

function computeHalfNorms(matrix: Float32Array, dimensions: number): Float64Array {
  // Both rows were rounded to float32 too, which productError's four extra roundings cover.
  const shrink = 1 - productError(dimensions);
  return Float64Array.from({ length: matrix.length / dimensions }, (_, i) => {
    let sum = 0;
    for (let k = i * dimensions; k < (i + 1) * dimensions; k++) sum += matrix[k]! * matrix[k]!;
    return (sum / 2) * shrink;
  });
}
