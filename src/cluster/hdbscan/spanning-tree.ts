import { createRowProducts, type ProductTile } from "../../math/products/row-products.ts";
import { DisjointSet } from "../disjoint-set.ts";
import type { NeighbourLists } from "../nearest-neighbours.ts";
import type { Points } from "../points.ts";
import { arrangeByTree, computeStepHeights, type Arrangement } from "./arrange-by-tree.ts";
import { bridgeComponents } from "./bridge-components.ts";
import { createEdgeList, type EdgeList, type Edges, spanForest } from "./spanning-forest.ts";

/**
 * The minimum spanning tree of mutual reachability, exactly, in O(n·(d + k)) memory and one more look at all pairs.
 *
 * Mutual reachability of two points (Campello, Moulavi, Sander, 2013) is the largest of their separation and both core
 * separations. The reference (hdbscan's generic path) holds all n² of it; here a good tree is guessed and then corrected:
 * 1. the lists of nearest neighbours give a forest, which samples of its components join to a tree;
 * 2. the points are put in an order in which the heaviest edge of the tree's path between any two is the largest of the
 *    heights between them, so that it is at hand while tiles of products are passed through;
 * 3. only an edge lighter than that path can belong to the minimum spanning tree (cycle rule). The few that are lighter are
 *    collected, and the tree is taken again from itself and them.
 *
 * The contract:
 * - the weights are those of float64 (See: [Note: Separations]), and so is the decision about each edge;
 * - `cores` are exact, `lists` may be of any width; the better they are, the fewer edges are left to look at;
 * - of equally heavy edges the tree has the shortest: they are on the lists if these are at least as long as `minSamples`, as
 *   only a core separation is the weight of several. So the order of the rows decides only where separations tie too.
 */
export function findMinimumSpanningTree(points: Points, cores: Float64Array, lists: NeighbourLists): Edges {
  let tree = spanForest(listEdges(points, cores, lists), points.count);
  while (tree.count < points.count - 1) {
    const edges = createEdgeList(2 * points.count);
    edges.addAll(tree);
    bridgeComponents(points, cores, labelComponents(tree, points.count), (i, j) =>
      addEdge(edges, points, cores, i, j),
    );
    tree = spanForest(edges.edges(), points.count);
  }
  return correctTree(points, cores, tree);
}

/** New edges for each point after which the tree is taken again, so that memory stays linear. */
const EDGES_PER_POINT = 4;

function listEdges(
  { count }: Points,
  cores: Float64Array,
  { width, indices, separations }: NeighbourLists,
): Edges {
  const edges = createEdgeList(count * width);
  for (let i = 0; i < count; i++) {
    for (let k = i * width; k < (i + 1) * width; k++) {
      const j = indices[k]!;
      edges.add(i, j, Math.max(cores[i]!, cores[j]!, separations[k]!), separations[k]!);
    }
  }
  return edges.edges();
}

/** Adds the edge between two points if it is lighter than `limit`. */
function addEdge(
  edges: EdgeList,
  points: Points,
  cores: Float64Array,
  i: number,
  j: number,
  limit = Infinity,
): void {
  const separation = points.separation(i, j);
  const weight = Math.max(cores[i]!, cores[j]!, separation);
  if (weight < limit) edges.add(i, j, weight, separation);
}

function labelComponents(forest: Edges, count: number): Int32Array {
  const sets = new DisjointSet(count);
  for (let e = 0; e < forest.count; e++) sets.merge(forest.from[e]!, forest.to[e]!);
  return Int32Array.from({ length: count }, (_, i) => sets.find(i));
}

/** Passes all pairs by the tree and takes in what is lighter than the path between its ends. */
function correctTree(points: Points, cores: Float64Array, tree: Edges): Edges {
  const { count, matrix, dimensions } = points;
  const arrangement = arrangeByTree(tree, count);
  const lighter = createEdgeList(count);
  using products = createRowProducts(matrix, dimensions, arrangement.order);
  const sift = createSieve(points, cores, arrangement, (i, j, height) =>
    addEdge(lighter, points, cores, i, j, height),
  );
  for (const tile of products.pairTiles()) {
    sift(tile);
    if (lighter.count > EDGES_PER_POINT * count + 1024) takeAgain();
  }
  takeAgain();
  return tree;

  function takeAgain(): void {
    if (lighter.count === 0) return;
    lighter.addAll(tree);
    tree = spanForest(lighter.edges(), count);
    lighter.clear();
    computeStepHeights(tree, arrangement);
  }
}

/**
 * Offers each pair of a tile that could be lighter than the tree's path between them, with the height of that path. Tiles
 * of the same rows come from left to right.
 */
function createSieve(
  { halfNorms, count }: Points,
  cores: Float64Array,
  { order, heights }: Arrangement,
  offer: (i: number, j: number, height: number) => void,
) {
  const halves = Float64Array.from(order, (i) => halfNorms[i]!);
  const pathHeights = new Float64Array(count).fill(-Infinity);
  return ({ firstRow, rowCount, firstColumn, columnCount, products, stride }: ProductTile): void => {
    for (let r = 0; r < rowCount; r++) {
      const row = firstRow + r;
      const half = halves[row]!;
      let height = pathHeights[row]!;
      for (let c = Math.max(0, row + 1 - firstColumn); c < columnCount; c++) {
        const column = firstColumn + c;
        const step = heights[column - 1]!;
        if (step > height) height = step;
        if (products[r * stride + c]! + height <= half + halves[column]!) continue;
        const i = order[row]!;
        const j = order[column]!;
        // Equal weights change nothing, and where it is dense most are equal: a core separation is the weight.
        if (cores[i]! < height && cores[j]! < height) offer(i, j, height);
      }
      pathHeights[row] = height;
    }
  };
}
