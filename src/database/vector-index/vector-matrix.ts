import { KeepsightError } from "../../core/errors.ts";
import { createExactRows } from "./exact-rows.ts";
import { createSharedMemory } from "./kernel.ts";
import type { SharedMemory } from "./kernel.ts";
import {
  BLOCK_ROWS,
  computeCapacity,
  computeMatrixLayout,
  MAXIMUM_PAGES,
  PAGE_BYTES,
  ROWS_OFFSET,
  SCALES_OFFSET,
  SLACKS_OFFSET,
} from "./matrix-layout.ts";
import type { MatrixLayout, Precision } from "./matrix-layout.ts";
import { INT8_LIMIT, quantise } from "./quantised-rows.ts";

/** Pages added at least when the memory grows: 16 MiB. Untouched pages take no physical memory. */
const GROWTH_PAGES = 256;

/** Unit embeddings by id in shared memory. Its methods may only be called while no thread searches it. */
export interface VectorMatrix {
  readonly layout: MatrixLayout;
  readonly memory: SharedMemory;
  /** File of the exact rows of an int8 matrix, row by row. */
  readonly exactRows: number | undefined;
  readonly rowCount: number;
  has(id: number): boolean;
  /** Makes room for this many rows in all; throws `too_large` where they cannot fit. */
  reserve(rows: number): void;
  /** Sets the row of an id; room for it must have been reserved. */
  put(id: number, unit: Float32Array): void;
  /** Drops an id's row, moving the last row into its place. */
  remove(id: number): void;
  /** Makes rows readable by other threads. */
  flush(): void;
  /** A copy of an id's row; may be called at any time. */
  get(id: number): Float32Array | undefined;
  close(): void;
}

/** Views of one block. */
interface Block {
  readonly ids: Uint32Array;
  readonly scales: Float32Array;
  readonly slacks: Float32Array;
  readonly rows: Float32Array | Int8Array;
}

/** How a matrix is made. */
export interface VectorMatrixOptions {
  readonly dimensions: number;
  readonly precision: Precision;
  readonly threads: number;
  readonly directory?: string | undefined;
}

/**
 * An empty matrix. Rows lie in blocks without gaps: a new row is appended, a removed one is replaced by the last. Memory
 * is reserved to 4 GiB and grows as rows come. An int8 matrix holds each row quantised (see quantised-rows.ts), and the
 * exact rows in a file.
 */
export function createVectorMatrix(options: VectorMatrixOptions): VectorMatrix {
  const { dimensions, precision, threads, directory } = options;
  const layout = computeMatrixLayout(dimensions, precision, threads);
  const { memory, maximumPages } = reserveMemory(layout);
  const exactRows = precision === "int8" ? createExactRows(dimensions, directory) : undefined;
  const rowOf = new Map<number, number>();
  const blocks: Block[] = [];
  const stride = precision === "f32" ? layout.rowBytes / 4 : layout.rowBytes;

  function reserve(rows: number): void {
    const capacity = computeCapacity(layout, maximumPages * PAGE_BYTES);
    if (rows > capacity) throw beyondCapacity(layout, rows, capacity);
    const blockCount = Math.ceil(rows / BLOCK_ROWS);
    if (blockCount <= blocks.length) return;
    growMemory(memory, layout.firstBlock + blockCount * layout.blockBytes, maximumPages);
    while (blocks.length < blockCount) blocks.push(viewBlock(memory, layout, blocks.length));
  }

  function put(id: number, unit: Float32Array): void {
    const row = rowOf.get(id) ?? rowOf.size;
    const block = blocks[Math.floor(row / BLOCK_ROWS)]!;
    const slot = row % BLOCK_ROWS;
    exactRows?.write(row, unit);
    if (block.rows instanceof Float32Array) block.rows.set(unit, slot * stride);
    else {
      const { scale, error } = quantise(unit, block.rows.subarray(slot * stride), INT8_LIMIT);
      block.scales[slot] = scale;
      block.slacks[slot] = error;
    }
    block.ids[slot] = id;
    rowOf.set(id, row);
  }

  function remove(id: number): void {
    const row = rowOf.get(id);
    if (row === undefined) return;
    const lastRow = rowOf.size - 1;
    rowOf.delete(id);
    if (row !== lastRow) moveRow(lastRow, row);
  }

  function moveRow(from: number, to: number): void {
    const source = blocks[Math.floor(from / BLOCK_ROWS)]!;
    const target = blocks[Math.floor(to / BLOCK_ROWS)]!;
    const [sourceSlot, targetSlot] = [from % BLOCK_ROWS, to % BLOCK_ROWS];
    exactRows?.write(to, exactRows.read(from));
    target.rows.set(
      source.rows.subarray(sourceSlot * stride, (sourceSlot + 1) * stride),
      targetSlot * stride,
    );
    target.scales[targetSlot] = source.scales[sourceSlot]!;
    target.slacks[targetSlot] = source.slacks[sourceSlot]!;
    target.ids[targetSlot] = source.ids[sourceSlot]!;
    rowOf.set(target.ids[targetSlot]!, to);
  }

  function get(id: number): Float32Array | undefined {
    const row = rowOf.get(id);
    if (row === undefined) return undefined;
    if (exactRows !== undefined) return exactRows.read(row);
    const { rows } = blocks[Math.floor(row / BLOCK_ROWS)]!;
    const start = (row % BLOCK_ROWS) * stride;
    return Float32Array.from(rows.subarray(start, start + dimensions));
  }

  return {
    layout,
    memory,
    exactRows: exactRows?.fileDescriptor,
    get rowCount() {
      return rowOf.size;
    },
    has: (id) => rowOf.has(id),
    reserve,
    put,
    remove,
    flush: () => exactRows?.flush(),
    get,
    close() {
      exactRows?.close();
      blocks.length = 0;
      rowOf.clear();
    },
  };
}

function viewBlock(memory: SharedMemory, layout: MatrixLayout, index: number): Block {
  const start = layout.firstBlock + index * layout.blockBytes;
  const rowBytes = BLOCK_ROWS * layout.rowBytes;
  return {
    ids: new Uint32Array(memory.buffer, start, BLOCK_ROWS),
    scales: new Float32Array(memory.buffer, start + SCALES_OFFSET, BLOCK_ROWS),
    slacks: new Float32Array(memory.buffer, start + SLACKS_OFFSET, BLOCK_ROWS),
    rows:
      layout.precision === "f32"
        ? new Float32Array(memory.buffer, start + ROWS_OFFSET, rowBytes / 4)
        : new Int8Array(memory.buffer, start + ROWS_OFFSET, rowBytes),
  };
}

/** Memory for the threads' scratch areas that can grow to 4 GiB, or to what the machine lets a process reserve. */
function reserveMemory(layout: MatrixLayout): { memory: SharedMemory; maximumPages: number } {
  const initialPages = layout.firstBlock / PAGE_BYTES;
  for (let maximumPages = MAXIMUM_PAGES; maximumPages > initialPages; maximumPages /= 2) {
    try {
      return { memory: createSharedMemory(initialPages, maximumPages), maximumPages };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  throw new KeepsightError(
    "unavailable",
    "No address space is left for a vector index; close other indexes or lift the limit on the process.",
  );
}

function growMemory(memory: SharedMemory, byteSize: number, maximumPages: number): void {
  const pages = memory.buffer.byteLength / PAGE_BYTES;
  const missing = Math.ceil(byteSize / PAGE_BYTES) - pages;
  if (missing <= 0) return;
  try {
    memory.grow(Math.min(Math.max(missing, GROWTH_PAGES), maximumPages - pages));
  } catch (error) {
    throw new KeepsightError(
      "unavailable",
      `The vector index needs ${toMegabytes(byteSize)} MB in all and the machine refused; free memory and try again.`,
      { cause: error },
    );
  }
}

function beyondCapacity(layout: MatrixLayout, rows: number, capacity: number): KeepsightError {
  const bytes = layout.firstBlock + Math.ceil(rows / BLOCK_ROWS) * layout.blockBytes;
  return new KeepsightError(
    "too_large",
    `${rows} embeddings of ${layout.dimensions} dimensions need ${toMegabytes(bytes)} MB as ${layout.precision}; ` +
      `one vector index holds at most ${capacity} of them (WebAssembly memory ends at ` +
      `${toMegabytes(MAXIMUM_PAGES * PAGE_BYTES)} MB). Use ${layout.precision === "f32" ? "int8 or " : ""}PostgreSQL.`,
  );
}

function toMegabytes(bytes: number): number {
  return Math.ceil(bytes / 1e6);
}
