import { clusterByLinkage } from "./agglomerative.ts";
import type { Photos } from "./merge-clusters.ts";
import { groupByLabel } from "./number-labels.ts";
import { createPoints, type Points } from "./points.ts";

export interface SplitOptions {
  /** The mean cosine distance from which on two parts of a cluster are two clusters. */
  readonly threshold: number;
  readonly photos?: Photos | undefined;
}

/**
 * Splits each cluster by average linkage within it; noise (−1) stays noise. New labels from 0, those of one former cluster
 * together. Points of the same photo end up apart, where `photos` are given. Throws as {@link clusterByLinkage}, whose
 * memory grows with the square of the largest cluster.
 */
export function splitClusters(
  points: Points,
  labels: ArrayLike<number>,
  { threshold, photos }: SplitOptions,
): Int32Array {
  const { matrix, dimensions } = points;
  const split = new Int32Array(labels.length).fill(-1);
  let clusterCount = 0;
  for (const members of groupByLabel(labels).values()) {
    const rows = new Float32Array(members.length * dimensions);
    members.forEach((i, at) =>
      rows.set(matrix.subarray(i * dimensions, (i + 1) * dimensions), at * dimensions),
    );
    const parts = clusterByLinkage(createPoints(rows, dimensions, "cosine"), {
      linkage: "average",
      threshold,
      cannotLink: photos && ((a, b) => photos[members[a]!] === photos[members[b]!]),
    }).labels;
    members.forEach((i, at) => (split[i] = clusterCount + parts[at]!));
    clusterCount += 1 + Math.max(...new Set(parts));
  }
  return split;
}
