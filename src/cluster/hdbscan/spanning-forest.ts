import { DisjointSet } from "../disjoint-set.ts";

/** Weighted edges between points, as columns. */
export interface Edges {
  readonly count: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly weights: Float64Array;
  /** Separations of their points: of equally heavy edges the shorter one goes first. */
  readonly separations: Float64Array;
}

/** A list of edges that grows; `edges` is what it holds so far. */
export interface EdgeList {
  readonly count: number;
  add(from: number, to: number, weight: number, separation: number): void;
  addAll(edges: Edges): void;
  clear(): void;
  edges(): Edges;
}

/** An empty list with room for `capacity` edges at first. */
export function createEdgeList(capacity: number): EdgeList {
  let from = new Int32Array(Math.max(1, capacity));
  let to = new Int32Array(from.length);
  let weights = new Float64Array(from.length);
  let separations = new Float64Array(from.length);
  let count = 0;

  function grow(): void {
    const larger = 2 * from.length;
    from = copyInto(new Int32Array(larger), from);
    to = copyInto(new Int32Array(larger), to);
    weights = copyInto(new Float64Array(larger), weights);
    separations = copyInto(new Float64Array(larger), separations);
  }

  function add(a: number, b: number, weight: number, separation: number): void {
    if (count === from.length) grow();
    from[count] = a;
    to[count] = b;
    weights[count] = weight;
    separations[count++] = separation;
  }

  return {
    get count() {
      return count;
    },
    add,
    addAll(edges) {
      for (let e = 0; e < edges.count; e++)
        add(edges.from[e]!, edges.to[e]!, edges.weights[e]!, edges.separations[e]!);
    },
    clear() {
      count = 0;
    },
    edges: () => ({
      count,
      from: from.subarray(0, count),
      to: to.subarray(0, count),
      weights: weights.subarray(0, count),
      separations: separations.subarray(0, count),
    }),
  };
}

function copyInto<Numbers extends Int32Array | Float64Array>(target: Numbers, source: Numbers): Numbers {
  target.set(source);
  return target;
}

/**
 * The minimum spanning forest of the given edges among `pointCount` points, lightest edge first (Kruskal, 1956). Many edges
 * of mutual reachability weigh the same, the core of one of their points: the shorter goes first, so that the order of the
 * rows decides only between points that are exactly as far apart. O(e log e) time, O(e) memory.
 */
export function spanForest(edges: Edges, pointCount: number): Edges {
  const order = Uint32Array.from({ length: edges.count }, (_, e) => e).sort((a, b) =>
    compareEdges(edges, a, b),
  );
  const trees = new DisjointSet(pointCount);
  const forest = createEdgeList(Math.max(0, pointCount - 1));
  for (const e of order) {
    const [from, to] = [edges.from[e]!, edges.to[e]!];
    if (trees.merge(from, to)) forest.add(from, to, edges.weights[e]!, edges.separations[e]!);
  }
  return forest.edges();
}

function compareEdges({ from, to, weights, separations }: Edges, a: number, b: number): number {
  return (
    weights[a]! - weights[b]! ||
    separations[a]! - separations[b]! ||
    Math.min(from[a]!, to[a]!) - Math.min(from[b]!, to[b]!) ||
    Math.max(from[a]!, to[a]!) - Math.max(from[b]!, to[b]!)
  );
}
