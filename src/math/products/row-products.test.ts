import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../random.ts";
import { dotProduct } from "../vector.ts";
import { createRowProducts, productError, type ProductTile } from "./row-products.ts";

function createMatrix(rows: number, dimensions: number, seed = 1): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length: rows * dimensions }, () => random() - 0.5);
}

function expectExact(tile: ProductTile, rowOf: (row: number) => Float32Array, dimensions: number): void {
  for (let r = 0; r < tile.rowCount; r++) {
    for (let c = 0; c < tile.columnCount; c++) {
      const a = rowOf(tile.firstRow + r);
      const b = rowOf(tile.firstColumn + c);
      const lengths = Math.sqrt(dotProduct(a, a) * dotProduct(b, b));
      const error = Math.abs(tile.products[r * tile.stride + c]! - dotProduct(a, b));
      expect(error).toBeLessThanOrEqual(productError(dimensions) * lengths);
    }
  }
}

describe("createRowProducts", () => {
  it("covers every pair once, within the stated error, for any number of rows and dimensions", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 20 }), (rows, dimensions) => {
        const matrix = createMatrix(rows, dimensions);
        const rowOf = (row: number) => matrix.subarray(row * dimensions, (row + 1) * dimensions);
        using products = createRowProducts(matrix, dimensions);
        for (const tile of products.pairTiles()) expectExact(tile, rowOf, dimensions);
      }),
    );
  });

  it("adds up rows that are multiplied in several parts", () => {
    const dimensions = 613;
    const matrix = createMatrix(20, dimensions);
    using products = createRowProducts(matrix, dimensions);
    for (const tile of products.pairTiles())
      expectExact(tile, (row) => matrix.subarray(row * dimensions, (row + 1) * dimensions), dimensions);
  });

  it("covers all pairs of more rows than a tile has, in a given order", () => {
    const [rows, dimensions] = [1100, 3];
    const matrix = createMatrix(rows, dimensions);
    const order = Uint32Array.from({ length: rows }, (_, i) => (i * 7) % rows);
    const rowOf = (row: number) => matrix.subarray(order[row]! * dimensions, (order[row]! + 1) * dimensions);
    const seen = new Uint8Array(rows * rows);
    using products = createRowProducts(matrix, dimensions, order);
    for (const tile of products.pairTiles()) {
      expectSampleExact(tile, rowOf);
      for (let r = 0; r < tile.rowCount; r++) {
        for (let c = 0; c < tile.columnCount; c++) seen[(tile.firstRow + r) * rows + tile.firstColumn + c]!++;
      }
    }
    for (let i = 0; i < rows; i++) {
      for (let j = i; j < rows; j++) if (seen[i * rows + j] !== 1) expect.fail(`pair ${i}, ${j}`);
    }

    function expectSampleExact(tile: ProductTile, rowAt: (row: number) => Float32Array): void {
      expectExact(
        { ...tile, rowCount: Math.min(3, tile.rowCount), columnCount: Math.min(5, tile.columnCount) },
        rowAt,
        dimensions,
      );
    }
  });

  it("multiplies the first rows with the columns from some place on", () => {
    const matrix = createMatrix(30, 5);
    using products = createRowProducts(matrix, 5);
    const tiles = [...products.tiles(10, 16)].map(({ firstRow, rowCount, firstColumn, columnCount }) => ({
      firstRow,
      rowCount,
      firstColumn,
      columnCount,
    }));
    expect(tiles).toEqual([{ firstRow: 0, rowCount: 10, firstColumn: 16, columnCount: 14 }]);
  });

  it("finds nothing that an earlier matrix left in memory", () => {
    createRowProducts(createMatrix(64, 8), 8)[Symbol.dispose]();
    using products = createRowProducts(new Float32Array(9), 9);
    expect([...[...products.pairTiles()][0]!.products]).toEqual(Array(8).fill(0));
  });
});
