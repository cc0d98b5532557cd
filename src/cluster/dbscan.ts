import { KeepsightError } from "../core/errors.ts";
import { DisjointSet } from "./disjoint-set.ts";
import { visitNearPairs } from "./near-pairs.ts";
import { type Points, toSeparation } from "./points.ts";

/**
 * DBSCAN (Ester, Kriegel, Sander, Xu, 1996), with the answers of scikit-learn: points with `minPoints` points within
 * `epsilon` (a distance in the metric, itself counted) are cores; cores within epsilon of each other are one cluster; other
 * points near a core belong to the first such cluster; the rest is noise. Clusters are numbered by their first core.
 *
 * O(n²·d) time in two passes over half the pairs, O(n·d) memory; exact. The order of rows matters only to points that
 * are near several clusters.
 */
export interface DbscanOptions {
  readonly epsilon: number;
  readonly minPoints: number;
}

/** A cluster for each point, −1 for noise; `isCore` has 1 for cores. Throws `bad_request` on options out of range. */
export function clusterByDbscan(
  points: Points,
  { epsilon, minPoints }: DbscanOptions,
): { labels: Int32Array; isCore: Uint8Array } {
  if (!(epsilon >= 0 && epsilon < Infinity))
    throw new KeepsightError("bad_request", `epsilon must be a distance from 0 on, not ${epsilon}.`);
  if (!Number.isInteger(minPoints) || minPoints < 1)
    throw new KeepsightError("bad_request", `minPoints must be a whole number from 1 on, not ${minPoints}.`);
  const { count } = points;
  const limit = toSeparation(epsilon, points.metric);
  const neighbours = new Uint32Array(count).fill(1);
  visitNearPairs(points, limit, (i, j) => {
    neighbours[i]!++;
    neighbours[j]!++;
  });
  const isCore = Uint8Array.from(neighbours, (near) => (near >= minPoints ? 1 : 0));
  return { labels: joinCores(points, limit, isCore), isCore };
}

function joinCores(points: Points, limit: number, isCore: Uint8Array): Int32Array {
  const { count } = points;
  const cores = new DisjointSet(count);
  visitNearPairs(points, limit, (i, j) => {
    if (isCore[i] === 1 && isCore[j] === 1) cores.merge(i, j);
  });
  const numbers = new Map<number, number>();
  const labels = new Int32Array(count).fill(-1);
  for (let i = 0; i < count; i++) {
    if (isCore[i] === 0) continue;
    const set = cores.find(i);
    if (!numbers.has(set)) numbers.set(set, numbers.size);
    labels[i] = numbers.get(set)!;
  }
  const adopt = (border: number, core: number): void => {
    if (isCore[border] === 1 || isCore[core] === 0) return;
    const label = labels[core]!;
    if (labels[border] === -1 || label < labels[border]!) labels[border] = label;
  };
  visitNearPairs(points, limit, (i, j) => {
    adopt(i, j);
    adopt(j, i);
  });
  return labels;
}
