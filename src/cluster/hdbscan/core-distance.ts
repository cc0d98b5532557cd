import type { NeighbourLists } from "../nearest-neighbours.ts";
import type { Points } from "../points.ts";

/**
 * How far each point is from its `minSamples`-th neighbour, itself not counted (as in the hdbscan library; scikit-learn
 * counts it), as a separation: small where it is dense. With fewer points, from the farthest. Takes lists of at least so
 * many neighbours; where a list cannot prove its answer (many points equally near), all points are looked at. O(n).
 */
export function computeCoreSeparations(
  points: Points,
  { width, separations, horizons }: NeighbourLists,
  minSamples: number,
): Float64Array {
  const rank = Math.min(minSamples, points.count - 1);
  return Float64Array.from({ length: points.count }, (_, i) => {
    if (rank < 1) return 0;
    const candidate = separations[i * width + rank - 1]!;
    return candidate === 0 || candidate <= horizons[i]! ? candidate : findByAll(points, i, rank);
  });
}

function findByAll(points: Points, i: number, rank: number): number {
  const all = Float64Array.from({ length: points.count }, (_, j) => points.separation(i, j)).sort();
  return all[rank]!;
}
