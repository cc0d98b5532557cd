import { createRowProducts } from "../math/products/row-products.ts";
import type { Points } from "./points.ts";

/** What is done with a pair of points; i is the smaller index. */
type VisitPair = (i: number, j: number, separation: number) => void;

/**
 * Visits every pair of points at most `limit` apart (a separation), each once, in no order that means anything. O(n²·d)
 * time, nothing is kept. See: [Note: Separations]
 */
export function visitNearPairs(points: Points, limit: number, visit: VisitPair): void {
  const { matrix, dimensions, halfNorms } = points;
  using tiles = createRowProducts(matrix, dimensions);
  for (const tile of tiles.pairTiles()) {
    const { firstRow, rowCount, firstColumn, columnCount, products, stride } = tile;
    for (let r = 0; r < rowCount; r++) {
      const i = firstRow + r;
      const floor = halfNorms[i]! - limit;
      for (let c = Math.max(0, i + 1 - firstColumn); c < columnCount; c++) {
        if (products[r * stride + c]! < floor + halfNorms[firstColumn + c]!) continue;
        const separation = points.separation(i, firstColumn + c);
        if (separation <= limit) visit(i, firstColumn + c, separation);
      }
    }
  }
}
