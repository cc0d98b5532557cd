/**
 * Connected regions of a thresholded probability map, eight neighbours counting: runs of pixels in a row, joined with those
 * of the row above that they touch (Rosenfeld and Pfaltz 1966, on runs). O(pixels), but each set pixel is seen only twice.
 *
 * - A region's hull needs only the first and the last pixel of each of its rows, so that is all that is kept.
 * - The mean probability is over the region's own pixels; holes are not part of it.
 */
import type { Point } from "../../core/geometry.ts";

/** A model's answer about each pixel: 0–1, row-major, `width · height` values. */
export interface ProbabilityMap {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** One connected region of a map. */
export interface TextRegion {
  /** First and last pixel of each row: enough for the convex hull. */
  readonly outline: readonly Point[];
  /** Mean of the map over the region, 0–1. */
  readonly meanProbability: number;
}

/** 1 where the map is above `threshold`, else 0. */
function thresholdMap({ data }: ProbabilityMap, threshold: number): Uint8Array {
  const bound = Math.fround(threshold);
  return Uint8Array.from(data, (value) => (value > bound ? 1 : 0));
}

/** The mask grown by one pixel to the right and below (a 2×2 structuring element anchored at its last cell). */
function dilateMask(mask: Uint8Array, width: number, height: number): Uint8Array {
  const grown = new Uint8Array(mask.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const left = x > 0;
      const isSet =
        mask[i] === 1 ||
        (left && mask[i - 1] === 1) ||
        (y > 0 && (mask[i - width] === 1 || (left && mask[i - width - 1] === 1)));
      if (isSet) grown[i] = 1;
    }
  }
  return grown;
}

/** All regions above a probability, topmost first; with `dilate` those one pixel apart are joined. */
export function findTextRegions(
  map: ProbabilityMap,
  { mapThreshold, dilate }: { readonly mapThreshold: number; readonly dilate: boolean },
): TextRegion[] {
  const runs = dilate ? findDilatedRuns(map, mapThreshold) : findRuns(map.data, map.width, mapThreshold);
  const regions = new Map<number, Run[]>();
  for (const [i, root] of joinTouching(runs).entries()) {
    const region = regions.get(root);
    if (region === undefined) regions.set(root, [runs[i]!]);
    else region.push(runs[i]!);
  }
  return [...regions.values()].map((region) => describeRegion(region, map));
}

/** Set pixels side by side in row `y`. */
interface Run {
  readonly y: number;
  readonly first: number;
  readonly last: number;
}

function findDilatedRuns(map: ProbabilityMap, threshold: number): Run[] {
  const mask = dilateMask(thresholdMap(map, threshold), map.width, map.height);
  return findRuns(Float32Array.from(mask), map.width, 0);
}

/**
 * Runs of values above a threshold of at least 0, row by row. Floats that are not negative have the order of their bits, so
 * whole numbers are compared, four at a time: a photo at full size has millions, most of them far below (1.6 instead of 4 ms).
 */
function findRuns(data: Float32Array, width: number, threshold: number): Run[] {
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  // As the reference compares: what equals the threshold in single precision is not above it.
  const [bound] = new Int32Array(Float32Array.of(threshold).buffer) as unknown as [number];
  const runs: Run[] = [];
  for (let y = 0, at = 0; at < bits.length; y++) {
    const rowStart = y * width;
    const rowEnd = rowStart + width;
    while (at < rowEnd) {
      while (at + 4 <= rowEnd && areBelow(bits, at, bound)) at += 4;
      while (at < rowEnd && bits[at]! <= bound) at++;
      const first = at;
      while (at < rowEnd && bits[at]! > bound) at++;
      if (at > first) runs.push({ y, first: first - rowStart, last: at - 1 - rowStart });
    }
  }
  return runs;
}

/** True when none of four is above the bound; false may also come of a negative one. */
function areBelow(bits: Int32Array, at: number, bound: number): boolean {
  const signs =
    (bound - bits[at]!) | (bound - bits[at + 1]!) | (bound - bits[at + 2]!) | (bound - bits[at + 3]!);
  return signs >= 0;
}

/** For each run, in the order of rows, the first run of its region. */
function joinTouching(runs: readonly Run[]): number[] {
  const parents = runs.map((_, i) => i);
  const rootOf = (i: number): number => {
    while (parents[i] !== i) i = parents[i] = parents[parents[i]!]!;
    return i;
  };
  // The first run of the row above that does not end before the current one begins.
  let above = 0;
  for (const [i, { y, first, last }] of runs.entries()) {
    while (runs[above]!.y < y - 1 || (runs[above]!.y === y - 1 && runs[above]!.last < first - 1)) above++;
    for (let j = above; runs[j]!.y === y - 1 && runs[j]!.first <= last + 1; j++) {
      const [a, b] = [rootOf(i), rootOf(j)];
      parents[Math.max(a, b)] = Math.min(a, b);
    }
  }
  return parents.map((_, i) => rootOf(i));
}

/** Runs come row by row, from left to right. */
function describeRegion(runs: readonly Run[], { data, width }: ProbabilityMap): TextRegion {
  const outline: Point[] = [];
  let [count, sum, row] = [0, 0, -1];
  for (const { y, first, last } of runs) {
    if (y === row) outline.pop();
    else outline.push({ x: first, y });
    outline.push({ x: last, y });
    row = y;
    const rowStart = y * width;
    for (let i = rowStart + first; i <= rowStart + last; i++) sum += data[i]!;
    count += last - first + 1;
  }
  return { outline, meanProbability: sum / count };
}
