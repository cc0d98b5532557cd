import type { Points } from "./points.ts";

/**
 * Clusters of directions by the sums of their points: from two sums follow the mean similarity of all pairs and that of
 * the centroids, without looking at a point again. Clusters are numbered from 0.
 */
export interface ClusterSums {
  readonly dimensions: number;
  readonly sums: Float64Array;
  readonly sizes: Uint32Array;
}

/** The sums of the clusters that the labels, 0 … `clusterCount` − 1, make; points with −1 are left out. O(n·d). */
export function sumClusters(
  { matrix, dimensions }: Points,
  labels: ArrayLike<number>,
  clusterCount: number,
): ClusterSums {
  const sums = new Float64Array(clusterCount * dimensions);
  const sizes = new Uint32Array(clusterCount);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (label === -1) continue;
    sizes[label]!++;
    for (let k = 0; k < dimensions; k++) sums[label * dimensions + k]! += matrix[i * dimensions + k]!;
  }
  return { dimensions, sums, sizes };
}

/** The normalised means of clusters, row-major; a cluster whose points cancel out has zeros. */
export function toCentroids({ dimensions, sums, sizes }: ClusterSums): Float32Array {
  const centroids = new Float32Array(sums.length);
  for (let cluster = 0; cluster < sizes.length; cluster++) {
    let squares = 0;
    const end = (cluster + 1) * dimensions;
    for (let k = cluster * dimensions; k < end; k++) squares += sums[k]! * sums[k]!;
    const scale = squares === 0 ? 0 : 1 / Math.sqrt(squares);
    for (let k = cluster * dimensions; k < end; k++) centroids[k] = sums[k]! * scale;
  }
  return centroids;
}
