import type { CondensedTree } from "./condensed-tree.ts";
import type { ClusterTree } from "./stability.ts";

/** A cluster for each point, and how much it belongs to it. */
export interface Labelling {
  /** Clusters from 0 on; −1 is noise. */
  readonly labels: Int32Array;
  /** 0–1; 1 for the densest points of a cluster, 0 for noise (hdbscan calls it probability). */
  readonly membershipStrengths: Float64Array;
}

/**
 * Gives each point the selected cluster in which it ends, numbered in the order of `selected` (hdbscan's `do_labelling`
 * and `get_probabilities`). Where all points are one cluster, those that leave it at a distance above `epsilon` are noise, or
 * with epsilon 0 all but those that leave it last. O(n).
 */
export function labelPoints(
  condensed: CondensedTree,
  tree: ClusterTree,
  selected: readonly number[],
  epsilon: number,
): Labelling {
  const { pointCount } = condensed;
  const labelOf = labelClusters(tree, selected);
  const isOneCluster = selected.length === 1 && selected[0] === 0;
  const rootLambda = epsilon === 0 ? tree.deaths[0]! : 1 / epsilon;
  const labels = new Int32Array(pointCount).fill(-1);
  const membershipStrengths = new Float64Array(pointCount);
  for (let row = 0; row < condensed.parents.length; row++) {
    const point = condensed.children[row]!;
    if (point >= pointCount) continue;
    const lambda = condensed.lambdas[row]!;
    const cluster = condensed.parents[row]! - pointCount;
    const label = labelOf[cluster]!;
    if (label === -1) continue;
    // Below a root that is the only cluster, splitting clusters keep their points however they leave.
    if (isOneCluster && lambda < rootLambda) continue;
    labels[point] = label;
    membershipStrengths[point] = strengthOf(lambda, tree.deaths[selected[label]!]!);
  }
  return { labels, membershipStrengths };
}

/** For each cluster the label of the selected one that it is or lies in; −1 where there is none. */
function labelClusters({ parents }: ClusterTree, selected: readonly number[]): Int32Array {
  const labelOf = new Int32Array(parents.length).fill(-1);
  selected.forEach((cluster, label) => (labelOf[cluster] = label));
  for (let cluster = 1; cluster < parents.length; cluster++) {
    if (labelOf[cluster] === -1) labelOf[cluster] = labelOf[parents[cluster]!]!;
  }
  return labelOf;
}

function strengthOf(lambda: number, death: number): number {
  if (death === 0 || !Number.isFinite(lambda)) return 1;
  return Math.min(lambda, death) / death;
}
