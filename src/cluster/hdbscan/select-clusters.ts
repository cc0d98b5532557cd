import type { ClusterTree } from "./stability.ts";

/** Which clusters of the tree are taken: the most stable ones that do not overlap (excess of mass), or the leaves. */
export type Selection = "eom" | "leaf";

export interface SelectionOptions {
  readonly selection: Selection;
  /** Clusters that split below this distance are not split (Malzer, Baum, 2020); 0: all are. */
  readonly epsilon: number;
  /** Whether all points may be one cluster. */
  readonly allowSingleCluster: boolean;
}

/**
 * The numbers of the selected clusters, ascending: hdbscan's `get_clusters`. O(n) with excess of mass and leaves, with
 * epsilon times the depth of the tree.
 */
export function selectClusters(tree: ClusterTree, options: SelectionOptions): number[] {
  const candidates = options.selection === "eom" ? selectByMass(tree, options) : leavesOf(tree);
  const isOnlyRoot = candidates.length === 1 && candidates[0] === 0;
  if (options.epsilon === 0 || isOnlyRoot) return candidates;
  return mergeBelowEpsilon(tree, candidates, options);
}

/** From the leaves up, a cluster is taken when it is at least as stable as the best of what is below it. */
function selectByMass(
  { children, stabilities }: ClusterTree,
  { allowSingleCluster }: SelectionOptions,
): number[] {
  const best = Float64Array.from(stabilities);
  const isChosen = new Uint8Array(stabilities.length).fill(1);
  // Children have higher numbers than their parents.
  for (let cluster = stabilities.length - 1; cluster >= 0; cluster--) {
    const below = children[cluster]!.reduce((sum, child) => sum + best[child]!, 0);
    const mayBeChosen = cluster > 0 || allowSingleCluster;
    // Written so that stabilities without meaning (NaN) keep the cluster, as in the reference.
    if (mayBeChosen && !(below > best[cluster]!)) continue;
    isChosen[cluster] = 0;
    best[cluster] = below;
  }
  return keepOutermost(children, isChosen);
}

/** The chosen clusters that do not lie within another chosen one. */
function keepOutermost(children: ClusterTree["children"], isChosen: Uint8Array): number[] {
  const isInside = new Uint8Array(isChosen.length);
  const outermost: number[] = [];
  for (let cluster = 0; cluster < isChosen.length; cluster++) {
    const isTaken = isInside[cluster] === 0 && isChosen[cluster] === 1;
    if (isTaken) outermost.push(cluster);
    if (isTaken || isInside[cluster] === 1) for (const child of children[cluster]!) isInside[child] = 1;
  }
  return outermost;
}

/** The clusters that split no further; none when there is only the root. */
function leavesOf({ children }: ClusterTree): number[] {
  const leaves = children.keys().filter((cluster) => cluster > 0 && children[cluster]!.length === 0);
  return [...leaves];
}

/** Replaces clusters that appear only below epsilon by the first one above that does not. */
function mergeBelowEpsilon(
  tree: ClusterTree,
  candidates: readonly number[],
  { epsilon, allowSingleCluster }: SelectionOptions,
): number[] {
  const selected = new Set<number>();
  const isDone = new Uint8Array(tree.parents.length);
  for (const cluster of candidates) {
    if (1 / tree.births[cluster]! >= epsilon) selected.add(cluster);
    else if (isDone[cluster] === 0) {
      const upper = climb(tree, cluster, epsilon, allowSingleCluster);
      selected.add(upper);
      for (const below of descendants(tree, upper)) isDone[below] = 1;
    }
  }
  return [...selected].toSorted((a, b) => a - b);
}

function climb(
  { parents, births }: ClusterTree,
  cluster: number,
  epsilon: number,
  allowSingleCluster: boolean,
): number {
  for (;;) {
    const parent = parents[cluster]!;
    if (parent === 0) return allowSingleCluster ? parent : cluster;
    if (1 / births[parent]! > epsilon) return parent;
    cluster = parent;
  }
}

function descendants({ children }: ClusterTree, cluster: number): number[] {
  const found = [...children[cluster]!];
  for (let i = 0; i < found.length; i++) found.push(...children[found[i]!]!);
  return found;
}
