import { readFileSync } from "node:fs";
import { webAssembly, type WebAssemblyMemory } from "../../core/web-assembly.ts";

/**
 * Inner products of the rows of a matrix with each other, tile by tile: what all pairs of embeddings need, without ever
 * holding n² numbers. See kernel.as for how; 40 to 50 GFLOP/s on one thread of an AMD EPYC (Zen 4), where plain JavaScript does 3.
 *
 * The contract:
 * - sums are made in float32: the error of a product is at most {@link productError} × the lengths of both rows, and its last
 *   bits may differ between processors, so decide nothing on them that an exact computation would decide otherwise;
 * - memory: one copy of the matrix and one tile, O(n·d);
 * - a tile is valid until the next one is computed.
 */

/** Rows and columns of a tile: its products (256 KB) and the rows it needs stay in the second-level cache. */
const TILE_ROWS = 128;
const TILE_COLUMNS = 512;

const PANEL_ROWS = 8;
const FLOAT_BYTES = 4;
const PAGE_BYTES = 65_536;

/** A memory of at most this size waits for the next matrix; a larger one is given back. */
const MAX_IDLE_BYTES = 64 * 2 ** 20;

/** Some rows against some columns, both counted from the start of the matrix. */
export interface ProductTile {
  readonly firstRow: number;
  readonly rowCount: number;
  readonly firstColumn: number;
  readonly columnCount: number;
  /** The product of row `firstRow + r` and column `firstColumn + c` is at `r * stride + c`. */
  readonly products: Float32Array;
  readonly stride: number;
}

/** A matrix laid out for multiplication; dispose it when done. */
export interface RowProducts extends Disposable {
  /** Tiles that together cover every pair (row, column) with row ≤ column once; some below the diagonal come along. */
  pairTiles(): Generator<ProductTile>;
  /** Tiles that cover rows `0 … rowEnd − 1` against the columns from `firstColumn` (a multiple of 8) to the end. */
  tiles(rowEnd: number, firstColumn?: number): Generator<ProductTile>;
}

interface KernelExports {
  multiplyPanels(
    rows: number,
    rowPanels: number,
    columns: number,
    columnPanels: number,
    dimensions: number,
    target: number,
    targetStride: number,
  ): void;
}

const module = new webAssembly.Module(readFileSync(new URL("./kernel.wasm", import.meta.url)));

// Each memory reserves gigabytes of addresses until it is collected, and splitting clusters takes hundreds in turn.
let idleMemory: WebAssemblyMemory<ArrayBuffer> | undefined;

/** The largest error of a product of two rows of length 1 with this many dimensions (Higham, "Accuracy and Stability", 3.1). */
export function productError(dimensions: number): number {
  const unitRoundoff = 2 ** -24;
  return (dimensions + 4) * unitRoundoff;
}

/**
 * The rows of `matrix` (row-major, `dimensions` numbers each) ready for multiplication; with `order`, row i is the row
 * `order[i]` of the matrix. Throws a RangeError when there is not so much memory.
 */
export function createRowProducts(
  matrix: Float32Array,
  dimensions: number,
  order?: Uint32Array | Int32Array,
): RowProducts {
  const rowCount = order?.length ?? matrix.length / dimensions;
  const panelCount = Math.ceil(rowCount / PANEL_ROWS);
  const panelBytes = dimensions * PANEL_ROWS * FLOAT_BYTES;
  const tileAddress = panelCount * panelBytes;
  const memory = takeMemory(tileAddress + TILE_ROWS * TILE_COLUMNS * FLOAT_BYTES);
  const kernel = new webAssembly.Instance(module, { env: { memory } }).exports as KernelExports;
  fillPanels(
    new Float32Array(memory.buffer, 0, panelCount * dimensions * PANEL_ROWS),
    matrix,
    dimensions,
    order,
  );

  function compute(firstRow: number, rowEnd: number, firstColumn: number): ProductTile {
    const tileRows = Math.min(TILE_ROWS, rowEnd - firstRow);
    const tileColumns = Math.min(TILE_COLUMNS, rowCount - firstColumn);
    const columnPanels = Math.ceil(tileColumns / PANEL_ROWS);
    const stride = columnPanels * PANEL_ROWS;
    kernel.multiplyPanels(
      (firstRow / PANEL_ROWS) * panelBytes,
      Math.ceil(tileRows / PANEL_ROWS),
      (firstColumn / PANEL_ROWS) * panelBytes,
      columnPanels,
      dimensions,
      tileAddress,
      stride * FLOAT_BYTES,
    );
    const products = new Float32Array(memory.buffer, tileAddress, tileRows * stride);
    return { firstRow, rowCount: tileRows, firstColumn, columnCount: tileColumns, products, stride };
  }

  return {
    *pairTiles() {
      for (let row = 0; row < rowCount; row += TILE_ROWS) {
        for (let column = row; column < rowCount; column += TILE_COLUMNS)
          yield compute(row, rowCount, column);
      }
    },
    *tiles(rowEnd, firstColumn = 0) {
      for (let row = 0; row < rowEnd; row += TILE_ROWS) {
        for (let column = firstColumn; column < rowCount; column += TILE_COLUMNS)
          yield compute(row, rowEnd, column);
      }
    },
    [Symbol.dispose]() {
      if (memory.buffer.byteLength <= MAX_IDLE_BYTES) idleMemory = memory;
    },
  };
}

function takeMemory(byteCount: number): WebAssemblyMemory<ArrayBuffer> {
  const memory = idleMemory ?? new webAssembly.Memory({ initial: 1 });
  idleMemory = undefined;
  const missing = byteCount - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
  return memory;
}

/** Rows beyond the last are zero: the memory may hold what another matrix left there. */
function fillPanels(
  panels: Float32Array,
  matrix: Float32Array,
  dimensions: number,
  order?: Uint32Array | Int32Array,
): void {
  const rowCount = order?.length ?? matrix.length / dimensions;
  const panelSize = dimensions * PANEL_ROWS;
  panels.fill(0, panels.length - Math.min(panels.length, panelSize));
  for (let i = 0; i < rowCount; i++) {
    let from = (order?.[i] ?? i) * dimensions;
    const lane = i % PANEL_ROWS;
    const start = ((i - lane) / PANEL_ROWS) * panelSize + lane;
    for (let to = start; to < start + panelSize; to += PANEL_ROWS) panels[to] = matrix[from++]!;
  }
}
