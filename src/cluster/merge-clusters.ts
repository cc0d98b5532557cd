import { type ClusterSums, sumClusters, toCentroids } from "./cluster-sums.ts";
import { DisjointSet } from "./disjoint-set.ts";
import { findNearestNeighbours } from "./nearest-neighbours.ts";
import { numberLabels } from "./number-labels.ts";
import { createPoints, type Points } from "./points.ts";
import { PriorityQueue } from "./priority-queue.ts";

/**
 * Merges clusters of directions, the most similar two first, until none are similar enough. Two clusters are as similar as
 * their points on average (`average`: average linkage, when every point begins alone) or as their centroids (`centroid`, which
 * is stricter with single points and more generous with large clusters).
 *
 * The contract:
 * - linear memory: only clusters whose centroids are among each other's {@link CANDIDATES} nearest are compared, in rounds
 *   until nothing merges; so unlike full linkage it takes 50,000 points;
 * - noise (−1) stays noise; clusters with points of the same photo never merge, where `photos` are given;
 * - O(n²·d) time for the first round of n clusters, less for each further one.
 */
export interface MergeOptions {
  readonly by: "average" | "centroid";
  /** The least similarity (cosine) at which two clusters are one. */
  readonly minSimilarity: number;
  readonly photos?: Photos | undefined;
}

/** For each point the photo it is in: two faces of one photo are two people. */
export type Photos = ArrayLike<number>;

/** Clusters that each is compared with. */
const CANDIDATES = 16;

/** The labels after merging, numbered by first appearance. */
export function mergeClusters(
  points: Points,
  labels: ArrayLike<number>,
  { by, minSimilarity, photos }: MergeOptions,
): Int32Array {
  let merged = numberLabels(labels);
  for (;;) {
    const clusterCount = 1 + merged.reduce((most, label) => Math.max(most, label), -1);
    if (clusterCount < 2) return merged;
    const sums = sumClusters(points, merged, clusterCount);
    const photosOf = photos === undefined ? undefined : collectPhotos(merged, photos, clusterCount);
    const sets = mergeGreedily(sums, listCandidates(sums), by, minSimilarity, photosOf);
    if (sets === undefined) return merged;
    merged = numberLabels(merged.map((label) => (label === -1 ? -1 : sets.find(label))));
  }
}

/** For each cluster the clusters it may merge with. */
function listCandidates(sums: ClusterSums): Set<number>[] {
  const candidates = Array.from(sums.sizes, () => new Set<number>());
  const centroids = toCentroids(sums);
  // A centroid without a direction is like no other; the rest are compared under their own numbers.
  const { dimensions } = sums;
  const whole = [...sums.sizes.keys()].filter((cluster) => hasDirection(centroids, cluster, dimensions));
  const isEach = whole.length === sums.sizes.length;
  const rows = isEach
    ? centroids
    : Float32Array.from(
        { length: whole.length * dimensions },
        (_, k) => centroids[whole[Math.floor(k / dimensions)]! * dimensions + (k % dimensions)]!,
      );
  const { width, indices } = findNearestNeighbours(createPoints(rows, dimensions, "cosine"), CANDIDATES);
  whole.forEach((cluster, i) => {
    for (let k = i * width; k < (i + 1) * width; k++) {
      const other = whole[indices[k]!]!;
      candidates[cluster]!.add(other);
      candidates[other]!.add(cluster);
    }
  });
  return candidates;
}

function hasDirection(centroids: Float32Array, cluster: number, dimensions: number): boolean {
  return centroids.subarray(cluster * dimensions, (cluster + 1) * dimensions).some((value) => value !== 0);
}

interface Candidate {
  readonly a: number;
  readonly b: number;
  readonly similarity: number;
  /** How often both clusters had merged by then; what is older is out of date. */
  readonly age: number;
}

/** The merged clusters; undefined when nothing merged. `sums` and `candidates` are used up. */
function mergeGreedily(
  sums: ClusterSums,
  candidates: Set<number>[],
  by: MergeOptions["by"],
  minSimilarity: number,
  photosOf: Set<number>[] | undefined,
): DisjointSet | undefined {
  const { sizes } = sums;
  const ages = new Uint32Array(sizes.length);
  const sets = new DisjointSet(sizes.length);
  const queue = new PriorityQueue<Candidate>(
    (x, y) =>
      x.similarity > y.similarity ||
      (x.similarity === y.similarity && (x.a < y.a || (x.a === y.a && x.b < y.b))),
  );
  const offer = (a: number, b: number): void => {
    if (photosOf !== undefined && !photosOf[a]!.isDisjointFrom(photosOf[b]!)) return;
    const similarity = computeSimilarity(sums, a, b, by);
    if (similarity >= minSimilarity)
      queue.add({ a: Math.min(a, b), b: Math.max(a, b), similarity, age: ages[a]! + ages[b]! });
  };
  candidates.forEach((others, a) => others.forEach((b) => a < b && offer(a, b)));

  let hasMerged = false;
  for (let next = queue.take(); next !== undefined; next = queue.take()) {
    const { a, b, age } = next;
    if (sizes[a] === 0 || sizes[b] === 0 || age !== ages[a]! + ages[b]!) continue;
    hasMerged = true;
    sets.merge(a, b);
    takeIn(sums, a, b);
    ages[a]! += ages[b]! + 1;
    for (const photo of photosOf?.[b] ?? []) photosOf![a]!.add(photo);
    for (const other of candidates[b]!) {
      candidates[other]!.delete(b);
      if (other === a) continue;
      candidates[other]!.add(a);
      candidates[a]!.add(other);
    }
    candidates[a]!.forEach((other) => offer(a, other));
  }
  return hasMerged ? sets : undefined;
}

function computeSimilarity(
  { dimensions, sums, sizes }: ClusterSums,
  a: number,
  b: number,
  by: MergeOptions["by"],
) {
  let product = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (let k = 0, i = a * dimensions, j = b * dimensions; k < dimensions; k++, i++, j++) {
    product += sums[i]! * sums[j]!;
    squaresA += sums[i]! * sums[i]!;
    squaresB += sums[j]! * sums[j]!;
  }
  return by === "average" ? product / (sizes[a]! * sizes[b]!) : product / Math.sqrt(squaresA * squaresB);
}

/** Cluster a takes in cluster b, which is empty then. */
function takeIn({ dimensions, sums, sizes }: ClusterSums, a: number, b: number): void {
  for (let k = 0; k < dimensions; k++) sums[a * dimensions + k]! += sums[b * dimensions + k]!;
  sizes[a]! += sizes[b]!;
  sizes[b] = 0;
}

function collectPhotos(labels: Int32Array, photos: Photos, clusterCount: number): Set<number>[] {
  const photosOf = Array.from({ length: clusterCount }, () => new Set<number>());
  labels.forEach((label, i) => label !== -1 && photosOf[label]!.add(photos[i]!));
  return photosOf;
}
