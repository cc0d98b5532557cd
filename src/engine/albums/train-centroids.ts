import { createPoints } from "../../cluster/points.ts";
import { assignToNearest, clusterBySphericalKmeans } from "../../cluster/spherical-kmeans.ts";

/** What centroids are computed from: a sample of a space, or all of it. */
export interface TrainingSample {
  readonly task: "train";
  /** Row-major, L2-normalised. */
  readonly embeddings: Float32Array;
  readonly dimensions: number;
  /** The album of each so far: an index into the first clusters, −1 for none. */
  readonly labels: Int32Array;
  /** Clusters that there are already; they keep their numbers. */
  readonly formerCount: number;
  readonly clusterCount: number;
}

/** Centroids, row-major. Those of former clusters come first; one that lost its members has no row: see `kept`. */
export interface TrainedCentroids {
  readonly centroids: Float32Array;
  /** The former cluster of each centroid, −1 for a new one. */
  readonly former: Int32Array;
}

/** Points to be given to the nearest of the centroids. */
export interface AssignmentTask {
  readonly task: "assign";
  readonly centroids: Float32Array;
  readonly embeddings: Float32Array;
  readonly dimensions: number;
}

/** Fixed, so that the same photos give the same albums. */
const SEED = 7;

/**
 * Spherical k-means that goes on from the clusters there are: each starts from the mean of its present members, so that an album
 * stays itself while photos come and go, and also when another model describes them. Clusters none of whose members are in
 * the sample are not among the answers.
 */
export function trainCentroids({
  embeddings,
  dimensions,
  labels,
  formerCount,
  clusterCount,
}: Omit<TrainingSample, "task">): TrainedCentroids {
  const { starts, former } = computeStarts(embeddings, dimensions, labels, formerCount);
  const points = createPoints(embeddings, dimensions, "cosine");
  const wanted = Math.max(clusterCount, former.length);
  const { centroids } = clusterBySphericalKmeans(points, { clusterCount: wanted, seed: SEED, starts });
  const all = new Int32Array(centroids.length / dimensions).fill(-1);
  all.set(former.subarray(0, all.length));
  return { centroids, former: all };
}

function computeStarts(
  embeddings: Float32Array,
  dimensions: number,
  labels: Int32Array,
  formerCount: number,
) {
  const sums = Array.from({ length: formerCount }, () => new Float64Array(dimensions));
  for (const [i, label] of labels.entries()) {
    if (label === -1) continue;
    for (let k = 0; k < dimensions; k++) sums[label]![k]! += embeddings[i * dimensions + k]!;
  }
  const lengths = sums.map((sum) => Math.hypot(...sum));
  const kept = Int32Array.from(lengths.flatMap((length, label) => (length > 0 ? [label] : [])));
  const starts = new Float32Array(kept.length * dimensions);
  for (const [row, label] of kept.entries())
    starts.set(
      sums[label]!.map((value) => value / lengths[label]!),
      row * dimensions,
    );
  return { starts, former: kept };
}

/** The nearest centroid of each point. */
export function assignPoints({ centroids, embeddings, dimensions }: Omit<AssignmentTask, "task">) {
  return assignToNearest(centroids, embeddings, dimensions);
}
