import { DisjointSet } from "../disjoint-set.ts";
import type { Edges } from "./spanning-forest.ts";

/**
 * The points of a spanning tree in the order of the leaves of its dendrogram. Clusters of every level are neighbours in
 * it, so the heaviest edge on the tree's path between two points is the largest height between their places.
 */
export interface Arrangement {
  readonly order: Int32Array;
  /** `heights[p]` lies between the places p and p + 1: at most as much as is between any two places around it. */
  readonly heights: Float64Array;
}

/** The arrangement of a spanning tree whose edges are sorted by weight. O(n·α(n)). */
export function arrangeByTree(tree: Edges, count: number): Arrangement {
  const sets = new DisjointSet(count);
  // Each set is a chain; its ends are kept where the set's representative is.
  const firsts = Int32Array.from({ length: count }, (_, i) => i);
  const lasts = Int32Array.from(firsts);
  const next = new Int32Array(count).fill(-1);
  const heightsAfter = new Float64Array(count);
  for (let e = 0; e < tree.count; e++) {
    const a = sets.find(tree.from[e]!);
    const b = sets.find(tree.to[e]!);
    const joint = lasts[a]!;
    next[joint] = firsts[b]!;
    heightsAfter[joint] = tree.weights[e]!;
    const [first, last] = [firsts[a]!, lasts[b]!];
    sets.merge(a, b);
    firsts[sets.find(a)] = first;
    lasts[sets.find(a)] = last;
  }
  const order = new Int32Array(count);
  const heights = new Float64Array(Math.max(0, count - 1));
  for (let place = 0, i = count === 0 ? -1 : firsts[sets.find(0)]!; place < count; place++) {
    order[place] = i;
    if (place < count - 1) heights[place] = heightsAfter[i]!;
    i = next[i]!;
  }
  return { order, heights };
}

/**
 * Sets the heights of an arrangement to those of another, lighter tree (edges sorted by weight). The order may not be that of
 * its own dendrogram any more; then the largest height between two places is no less than that of their path. O(n log n).
 */
export function computeStepHeights(tree: Edges, { order, heights }: Arrangement): void {
  const count = order.length;
  // Union by size without shortening: paths to the root are short, and their weights grow upwards.
  const parents = Int32Array.from({ length: count }, (_, i) => i);
  const weights = new Float64Array(count).fill(Infinity);
  const sizes = new Int32Array(count).fill(1);
  const findRoot = (i: number): number => {
    while (parents[i] !== i) i = parents[i]!;
    return i;
  };
  for (let e = 0; e < tree.count; e++) {
    let a = findRoot(tree.from[e]!);
    let b = findRoot(tree.to[e]!);
    if (sizes[a]! < sizes[b]!) [a, b] = [b, a];
    parents[b] = a;
    weights[b] = tree.weights[e]!;
    sizes[a]! += sizes[b]!;
  }
  for (let place = 0; place + 1 < count; place++) {
    let a = order[place]!;
    let b = order[place + 1]!;
    let height = 0;
    while (a !== b) {
      if (weights[a]! > weights[b]!) [a, b] = [b, a];
      height = weights[a]!;
      a = parents[a]!;
    }
    heights[place] = height;
  }
}
