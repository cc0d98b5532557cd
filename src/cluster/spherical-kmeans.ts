import { KeepsightError } from "../core/errors.ts";
import { createRandom } from "../math/random.ts";
import { createRowProducts } from "../math/products/row-products.ts";
import { normalize } from "../math/vector.ts";
import type { Points } from "./points.ts";

/**
 * Spherical k-means (Dhillon, Modha, 2001): k directions such that the cosine similarity of each point with the nearest is
 * as large as can be found, started by k-means++ (Arthur, Vassilvitskii, 2007). O(n·k·d) a round, O((n + k)·d) memory.
 *
 * The contract:
 * - directions only: takes points of the cosine metric;
 * - the same seed gives the same clusters; a cluster that loses all its points takes the point farthest from its own;
 * - ends when no point moves, after {@link MAX_ROUNDS} at the latest.
 */
const MAX_ROUNDS = 100;

export interface SphericalKmeansOptions {
  /** Clusters wanted; with fewer points there are as many as points. */
  readonly clusterCount: number;
  readonly seed: number;
  /** Directions from which the first clusters start, row-major, so that they keep their place; the others are drawn. */
  readonly starts?: Float32Array;
}

/**
 * A cluster for each point and the normalised mean of each cluster, row-major. Throws `bad_request` when `clusterCount` is not
 * a whole number from 1 on, or the metric not cosine.
 */
export function clusterBySphericalKmeans(
  points: Points,
  { clusterCount, seed, starts = new Float32Array() }: SphericalKmeansOptions,
): { labels: Int32Array; centroids: Float32Array } {
  if (points.metric !== "cosine")
    throw new KeepsightError("bad_request", "Spherical k-means needs the cosine metric.");
  if (!Number.isInteger(clusterCount) || clusterCount < 1)
    throw new KeepsightError("bad_request", `The number of clusters must be 1 or more, not ${clusterCount}.`);
  const wanted = Math.min(clusterCount, points.count);
  let centroids: Float32Array = chooseStarts(points, wanted, createRandom(seed), starts);
  let labels = new Int32Array(points.count).fill(-1);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = assignToNearest(centroids, points.matrix, points.dimensions);
    fillEmpty(next, wanted);
    const hasMoved = next.labels.some((label, i) => label !== labels[i]);
    labels = next.labels;
    centroids = computeMeans(points, labels, wanted);
    if (!hasMoved) break;
  }
  return { labels, centroids };
}

/** Each start that is not given is drawn with a chance in proportion to its squared distance from the nearest one so far. */
function chooseStarts(
  { matrix, dimensions, count, separation }: Points,
  wanted: number,
  random: () => number,
  given: Float32Array,
) {
  const centroids = new Float32Array(wanted * dimensions);
  centroids.set(given.subarray(0, centroids.length));
  const givenCount = Math.min(wanted, given.length / dimensions);
  const nearest =
    givenCount === 0
      ? new Float64Array(count).fill(1)
      : separationsFrom(given, givenCount, matrix, dimensions);
  for (let k = givenCount; k < wanted; k++) {
    const chosen = drawIndex(nearest, random);
    centroids.set(matrix.subarray(chosen * dimensions, (chosen + 1) * dimensions), k * dimensions);
    for (let i = 0; i < count; i++)
      nearest[i] = Math.min(k === 0 ? Infinity : nearest[i]!, separation(i, chosen));
  }
  return centroids;
}

function separationsFrom(given: Float32Array, givenCount: number, matrix: Float32Array, dimensions: number) {
  const { similarities } = assignToNearest(given.subarray(0, givenCount * dimensions), matrix, dimensions);
  return similarities.map((similarity) => Math.max(0, 1 - similarity));
}

function drawIndex(weights: Float64Array, random: () => number): number {
  let rest = random() * weights.reduce((sum, weight) => sum + weight, 0);
  const drawn = weights.findIndex((weight) => (rest -= weight) < 0);
  return Math.max(0, drawn);
}

/** The nearest centroid of each point, and the cosine similarity with it. */
export interface Assignment {
  readonly labels: Int32Array<ArrayBuffer>;
  readonly similarities: Float64Array;
}

/** The centroid nearest to each row of `matrix`; both row-major, of unit length. O(n·k·d). */
export function assignToNearest(
  centroids: Float32Array,
  matrix: Float32Array,
  dimensions: number,
): Assignment {
  const wanted = centroids.length / dimensions;
  const count = matrix.length / dimensions;
  const labels = new Int32Array(count);
  const similarities = new Float64Array(count).fill(-Infinity);
  // The centroids as rows before the points: one matrix to multiply.
  const stacked = new Float32Array(centroids.length + matrix.length);
  stacked.set(centroids);
  stacked.set(matrix, centroids.length);
  using tiles = createRowProducts(stacked, dimensions);
  for (const { firstRow, rowCount, firstColumn, columnCount, products, stride } of tiles.tiles(wanted)) {
    for (let r = 0; r < rowCount; r++) {
      for (let c = Math.max(0, wanted - firstColumn); c < columnCount; c++) {
        const i = firstColumn + c - wanted;
        const similarity = products[r * stride + c]!;
        if (similarity <= similarities[i]!) continue;
        similarities[i] = similarity;
        labels[i] = firstRow + r;
      }
    }
  }
  return { labels, similarities };
}

function fillEmpty({ labels, similarities }: Assignment, wanted: number): void {
  const sizes = new Uint32Array(wanted);
  for (const label of labels) sizes[label]!++;
  for (let cluster = 0; cluster < wanted; cluster++) {
    if (sizes[cluster]! > 0) continue;
    let farthest = -1;
    for (let i = 0; i < labels.length; i++) {
      if (sizes[labels[i]!]! > 1 && (farthest === -1 || similarities[i]! < similarities[farthest]!))
        farthest = i;
    }
    sizes[labels[farthest]!]!--;
    sizes[cluster] = 1;
    labels[farthest] = cluster;
    similarities[farthest] = 1;
  }
}

function computeMeans({ matrix, dimensions }: Points, labels: Int32Array, wanted: number): Float32Array {
  const sums = new Float64Array(wanted * dimensions);
  for (let i = 0; i < labels.length; i++) {
    for (let k = 0; k < dimensions; k++) sums[labels[i]! * dimensions + k]! += matrix[i * dimensions + k]!;
  }
  const means = new Float32Array(sums.length);
  for (let cluster = 0; cluster < wanted; cluster++) {
    const sum = sums.subarray(cluster * dimensions, (cluster + 1) * dimensions);
    // Opposite directions cancel out: such a cluster has no mean, and draws nothing.
    if (sum.some((value) => value !== 0)) means.set(normalize(sum), cluster * dimensions);
  }
  return means;
}
