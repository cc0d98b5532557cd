import { createRowProducts, type ProductTile } from "../math/products/row-products.ts";
import type { Points } from "./points.ts";

/**
 * The nearest neighbours of every point, exactly, by brute force over tiles of products. O(n²·d) time, of which nearly all is
 * the matrix product of half the pairs; O(n·(d + k)) memory.
 *
 * Points are listed by the lower bound of their separation; the exact separations of what is listed are computed
 * afterwards. A list is complete up to its `horizon`: whoever is not on it is at least so far away. See: [Note: Separations]
 */
export interface NeighbourLists {
  /** Neighbours a point, at most n − 1. */
  readonly width: number;
  /** `width` points for each point, nearest first; equally near ones by index. */
  readonly indices: Int32Array;
  /** Their separations, in float64. */
  readonly separations: Float64Array;
  /** For each point what separates it at least from every point that is not on its list. */
  readonly horizons: Float64Array;
}

/** The `width` nearest neighbours of every point, itself not included; fewer when there are fewer points. */
export function findNearestNeighbours(points: Points, width: number): NeighbourLists {
  const { count, matrix, dimensions } = points;
  width = Math.max(0, Math.min(width, count - 1));
  const indices = new Int32Array(count * width).fill(-1);
  const bounds = new Float64Array(count * width).fill(Infinity);
  if (width > 0) {
    using products = createRowProducts(matrix, dimensions);
    const collector = createCollector(points, indices, bounds, width);
    for (const tile of products.pairTiles()) collector(tile);
  }
  const horizons = Float64Array.from({ length: count }, (_, i) =>
    width === count - 1 ? Infinity : bounds[(i + 1) * width - 1]!,
  );
  const separations = bounds;
  sortExactly(points, indices, separations, width);
  return { width, indices, separations, horizons };
}

/** Offers every pair of a tile to the lists of both its points. */
function createCollector({ halfNorms }: Points, indices: Int32Array, bounds: Float64Array, width: number) {
  // What a point's product with another must exceed, less the other's half norm, to get onto its list.
  const floors = new Float64Array(halfNorms.length).fill(-Infinity);

  function insert(i: number, j: number, bound: number): void {
    const first = i * width;
    let at = first + width - 1;
    if (bound >= bounds[at]!) return;
    for (; at > first && bounds[at - 1]! > bound; at--) {
      bounds[at] = bounds[at - 1]!;
      indices[at] = indices[at - 1]!;
    }
    bounds[at] = bound;
    indices[at] = j;
    floors[i] = halfNorms[i]! - bounds[first + width - 1]!;
  }

  return ({ firstRow, rowCount, firstColumn, columnCount, products, stride }: ProductTile): void => {
    for (let r = 0; r < rowCount; r++) {
      const i = firstRow + r;
      const half = halfNorms[i]!;
      const start = Math.max(0, i + 1 - firstColumn);
      const offset = r * stride;
      for (let c = start; c < columnCount; c++) {
        const j = firstColumn + c;
        const product = products[offset + c]!;
        const otherHalf = halfNorms[j]!;
        if (product > floors[i]! + otherHalf) insert(i, j, half + otherHalf - product);
        if (product > floors[j]! + half) insert(j, i, half + otherHalf - product);
      }
    }
  };
}

function sortExactly(points: Points, indices: Int32Array, separations: Float64Array, width: number): void {
  for (let i = 0; i < points.count; i++) {
    const list = Array.from(indices.subarray(i * width, (i + 1) * width), (j) => ({
      j,
      separation: points.separation(i, j),
    })).sort((a, b) => a.separation - b.separation || a.j - b.j);
    list.forEach(({ j, separation }, k) => {
      indices[i * width + k] = j;
      separations[i * width + k] = separation;
    });
  }
}
