import type { CondensedTree } from "./condensed-tree.ts";

/** The clusters of a condensed tree by number: the root is 0, cluster c is the child `pointCount + c`. */
export interface ClusterTree {
  /** For each cluster the one it split from; −1 for the root. */
  readonly parents: Int32Array;
  /** For each cluster those it splits into; two or none. */
  readonly children: readonly (readonly number[])[];
  /** For each cluster the lambda at which it appears; 0 for the root. */
  readonly births: Float64Array;
  /**
   * For each cluster the sum over its points of the lambdas for which they stay in it: how much of a cluster it is. NaN for
   * one that is born at distance 0, where this has no meaning.
   */
  readonly stabilities: Float64Array;
  /** For each cluster the largest lambda at which something leaves it. */
  readonly deaths: Float64Array;
}

/** The clusters of a condensed tree with their stabilities (Campello et al., 2013). O(n). */
export function buildClusterTree(tree: CondensedTree): ClusterTree {
  const { pointCount, clusterCount } = tree;
  const parents = new Int32Array(clusterCount).fill(-1);
  const children = Array.from({ length: clusterCount }, (): number[] => []);
  const births = new Float64Array(clusterCount);
  const stabilities = new Float64Array(clusterCount);
  const deaths = new Float64Array(clusterCount);
  for (let row = 0; row < tree.parents.length; row++) {
    const cluster = tree.parents[row]! - pointCount;
    const child = tree.children[row]! - pointCount;
    const lambda = tree.lambdas[row]!;
    if (child >= 0) {
      parents[child] = cluster;
      births[child] = lambda;
      children[cluster]!.push(child);
    }
    stabilities[cluster]! += (lambda - births[cluster]!) * tree.sizes[row]!;
    deaths[cluster] = Math.max(deaths[cluster]!, lambda);
  }
  return { parents, children, births, stabilities, deaths };
}
