import { KeepsightError } from "../../core/errors.ts";

/** How the rows of a matrix are held: exactly, or as 8-bit integers with one scale a row. */
export type Precision = "f32" | "int8";

/** Rows of a block; a row's place in its block fits 16 bits, and a block is what a filter is expanded for. */
export const BLOCK_ROWS = 1024;
/** A block starts with its ids (u32), scales and slacks (f32); the kernel knows these offsets too. */
export const SCALES_OFFSET = BLOCK_ROWS * 4;
export const SLACKS_OFFSET = BLOCK_ROWS * 8;
export const ROWS_OFFSET = BLOCK_ROWS * 12;

/** WebAssembly's unit of growth. */
export const PAGE_BYTES = 65_536;
/** wasm32 addresses 4 GiB. */
export const MAXIMUM_PAGES = 65_536;

/** The widest embedding: twice the largest CLIP towers' 1,280 rounded up, and int32 sums of int8 · int16 stay exact. */
const MAXIMUM_DIMENSIONS = 4096;
/** Most matches of one search; what lies beyond is not a search result but a sort of the library. */
export const MAXIMUM_LIMIT = 65_536;
/** Most entries of the kernel's heap: int8 searches want more candidates than matches. */
export const HEAP_CAPACITY = 4 * MAXIMUM_LIMIT;
/** Bytes of one entry of the heap: score, id, row. */
export const ENTRY_BYTES = 12;

/**
 * Where everything lies in the memory of a matrix: a scratch area for each thread (its query, the slots to scan, its
 * heap), then blocks of 1,024 rows up to the end. Addresses and lengths in bytes.
 */
export interface MatrixLayout {
  readonly dimensions: number;
  readonly precision: Precision;
  /** Bytes of one row, padded with zeros to what the kernel takes in one step. */
  readonly rowBytes: number;
  readonly blockBytes: number;
  readonly scratchBytes: number;
  readonly firstBlock: number;
  /** Offsets in a thread's scratch area; its query is at 0. */
  readonly slotsOffset: number;
  readonly heapOffset: number;
}

/** The layout for these embeddings, searched by this many threads. */
export function computeMatrixLayout(dimensions: number, precision: Precision, threads: number): MatrixLayout {
  const rowBytes = precision === "f32" ? roundUp(dimensions * 4, 64) : roundUp(dimensions, 32);
  const slotsOffset = precision === "f32" ? rowBytes : rowBytes * 2;
  const heapOffset = slotsOffset + BLOCK_ROWS * 2;
  const scratchBytes = roundUp(heapOffset + HEAP_CAPACITY * ENTRY_BYTES, PAGE_BYTES);
  return {
    dimensions,
    precision,
    rowBytes,
    blockBytes: ROWS_OFFSET + BLOCK_ROWS * rowBytes,
    scratchBytes,
    firstBlock: scratchBytes * threads,
    slotsOffset,
    heapOffset,
  };
}

/** Rows that fit into a memory of this many bytes. */
export function computeCapacity(layout: MatrixLayout, byteSize: number): number {
  return Math.max(0, Math.floor((byteSize - layout.firstBlock) / layout.blockBytes)) * BLOCK_ROWS;
}

/** Throws `bad_request` unless the numbers describe a matrix that can be made. */
export function checkMatrixShape(dimensions: number, threads: number): void {
  if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > MAXIMUM_DIMENSIONS) {
    throw new KeepsightError(
      "bad_request",
      `A vector index of ${dimensions} dimensions cannot be made; give 1 to ${MAXIMUM_DIMENSIONS}.`,
    );
  }
  if (!Number.isInteger(threads) || threads < 1 || threads > 64) {
    throw new KeepsightError(
      "bad_request",
      `A vector index cannot be searched by ${threads} threads; give 1 to 64.`,
    );
  }
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
