import { DisjointSet } from "../disjoint-set.ts";
import type { Edges } from "./spanning-forest.ts";

/**
 * The single-linkage tree of n points: merge m makes node n + m of the nodes `left[m]` and `right[m]` (below n they are
 * points), at the distance `distances[m]`, with `sizes[m]` points. The root is the last.
 */
export interface LinkageTree {
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly distances: Float64Array;
  readonly sizes: Int32Array;
}

/**
 * The single-linkage tree of a spanning tree whose edges are sorted by weight, as hdbscan's `label` makes it; `toDistance`
 * turns weights into distances. O(n·α(n)).
 */
export function buildLinkageTree(
  { count, from, to, weights }: Edges,
  toDistance: (weight: number) => number,
): LinkageTree {
  const sets = new DisjointSet(count + 1);
  const nodes = Int32Array.from({ length: count + 1 }, (_, i) => i);
  const left = new Int32Array(count);
  const right = new Int32Array(count);
  const sizes = new Int32Array(count);
  for (let m = 0; m < count; m++) {
    left[m] = nodes[sets.find(from[m]!)]!;
    right[m] = nodes[sets.find(to[m]!)]!;
    sets.merge(from[m]!, to[m]!);
    const merged = sets.find(from[m]!);
    nodes[merged] = count + 1 + m;
    sizes[m] = sets.sizeOf(merged);
  }
  return { left, right, distances: Float64Array.from(weights, toDistance), sizes };
}
