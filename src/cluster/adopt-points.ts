import { createRowProducts } from "../math/products/row-products.ts";
import { sumClusters, toCentroids } from "./cluster-sums.ts";
import type { Photos } from "./merge-clusters.ts";
import { numberLabels } from "./number-labels.ts";
import type { Points } from "./points.ts";

export interface AdoptOptions {
  /** The least similarity (cosine) of a point with a centroid. */
  readonly minSimilarity: number;
  readonly photos?: Photos | undefined;
}

/**
 * Gives points that are noise (−1) to the cluster with the most similar centroid, where that is similar enough and has no
 * other point of the same photo; the most similar first. Centroids stay as they were, so nothing depends on the order of the
 * rows but ties. O(n·c·d) for c clusters, linear memory. Takes directions (points of the cosine metric).
 */
export function adoptPoints(
  points: Points,
  labels: ArrayLike<number>,
  { minSimilarity, photos }: AdoptOptions,
): Int32Array {
  const adopted = numberLabels(labels);
  const clusterCount = 1 + adopted.reduce((most, label) => Math.max(most, label), -1);
  const photosOf = Array.from({ length: photos === undefined ? 0 : clusterCount }, () => new Set<number>());
  if (photos !== undefined) adopted.forEach((label, i) => label !== -1 && photosOf[label]!.add(photos[i]!));
  const centroids = toCentroids(sumClusters(points, adopted, clusterCount));
  const matches = findMatches(points, adopted, centroids, clusterCount, minSimilarity);
  for (const { point, cluster } of matches) {
    if (adopted[point] !== -1) continue;
    if (photos !== undefined) {
      if (photosOf[cluster]!.has(photos[point]!)) continue;
      photosOf[cluster]!.add(photos[point]!);
    }
    adopted[point] = cluster;
  }
  return adopted;
}

interface Match {
  readonly point: number;
  readonly cluster: number;
  readonly similarity: number;
}

/** Lone points with clusters that are similar enough, the most similar first. */
function findMatches(
  { matrix, dimensions }: Points,
  labels: Int32Array,
  centroids: Float32Array,
  clusterCount: number,
  minSimilarity: number,
): Match[] {
  const lone = [...labels.keys()].filter((i) => labels[i] === -1);
  if (lone.length === 0 || clusterCount === 0) return [];
  const stacked = new Float32Array(centroids.length + lone.length * dimensions);
  stacked.set(centroids);
  lone.forEach((i, at) =>
    stacked.set(matrix.subarray(i * dimensions, (i + 1) * dimensions), (clusterCount + at) * dimensions),
  );
  const matches: Match[] = [];
  using tiles = createRowProducts(stacked, dimensions);
  for (const { firstRow, rowCount, firstColumn, columnCount, products, stride } of tiles.tiles(
    clusterCount,
  )) {
    for (let r = 0; r < rowCount; r++) {
      for (let c = Math.max(0, clusterCount - firstColumn); c < columnCount; c++) {
        const similarity = products[r * stride + c]!;
        if (similarity < minSimilarity) continue;
        matches.push({ point: lone[firstColumn + c - clusterCount]!, cluster: firstRow + r, similarity });
      }
    }
  }
  return matches.sort((a, b) => b.similarity - a.similarity || a.point - b.point || a.cluster - b.cluster);
}
