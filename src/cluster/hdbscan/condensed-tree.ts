import type { LinkageTree } from "./linkage-tree.ts";

/**
 * The condensed tree (Campello et al., 2013; McInnes, Healy, "Accelerated Hierarchical Density Based Clustering", 2017, and
 * hdbscan's `condense_tree`): going down the linkage tree, a cluster loses points until it truly splits, which is when both
 * sides have at least `minClusterSize` points. Each row is a child that leaves its parent at `lambdas`, 1 / distance (infinite at
 * distance 0). Children below `pointCount` are points, others clusters; clusters count from the root, which has the number
 * `pointCount`, and parents come before their children.
 */
export interface CondensedTree {
  readonly pointCount: number;
  /** Clusters, the root included. */
  readonly clusterCount: number;
  readonly parents: Int32Array;
  readonly children: Int32Array;
  readonly lambdas: Float64Array;
  /** Points of each child. */
  readonly sizes: Int32Array;
}

/** Condenses a linkage tree of at least two points. O(n) time and memory. */
export function condenseTree(tree: LinkageTree, minClusterSize: number): CondensedTree {
  const pointCount = tree.sizes.length + 1;
  const rows = createRows(2 * pointCount);
  const root = 2 * pointCount - 2;
  const clusterOf = new Int32Array(root + 1).fill(-1);
  clusterOf[root] = pointCount;
  let clusterCount = 1;
  const sizeOf = (node: number): number => (node < pointCount ? 1 : tree.sizes[node - pointCount]!);

  for (const node of breadthFirst(tree, root)) {
    const cluster = clusterOf[node]!;
    if (node < pointCount || cluster === -1) continue;
    const merge = node - pointCount;
    const sides = [tree.left[merge]!, tree.right[merge]!];
    const lambda = tree.distances[merge]! > 0 ? 1 / tree.distances[merge]! : Infinity;
    const isSplit = sides.every((side) => sizeOf(side) >= minClusterSize);
    for (const side of sides) {
      if (isSplit) {
        clusterOf[side] = pointCount + clusterCount++;
        rows.add(cluster, clusterOf[side], lambda, sizeOf(side));
      } else if (sizeOf(side) >= minClusterSize) {
        clusterOf[side] = cluster;
      } else {
        for (const point of breadthFirst(tree, side))
          if (point < pointCount) rows.add(cluster, point, lambda, 1);
      }
    }
  }
  return { pointCount, clusterCount, ...rows.columns() };
}

/** The nodes below and including `start`, level by level. */
function* breadthFirst({ left, right }: LinkageTree, start: number): Generator<number> {
  const pointCount = left.length + 1;
  let level = [start];
  while (level.length > 0) {
    yield* level;
    level = level.flatMap((node) =>
      node < pointCount ? [] : [left[node - pointCount]!, right[node - pointCount]!],
    );
  }
}

function createRows(capacity: number) {
  const parents = new Int32Array(capacity);
  const children = new Int32Array(capacity);
  const lambdas = new Float64Array(capacity);
  const sizes = new Int32Array(capacity);
  let count = 0;
  return {
    add(parent: number, child: number, lambda: number, size: number): void {
      parents[count] = parent;
      children[count] = child;
      lambdas[count] = lambda;
      sizes[count++] = size;
    },
    columns: () => ({
      parents: parents.subarray(0, count),
      children: children.subarray(0, count),
      lambdas: lambdas.subarray(0, count),
      sizes: sizes.subarray(0, count),
    }),
  };
}
