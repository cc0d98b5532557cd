import type { BitmapChunks } from "./bitmap.ts";
import { readExactRow } from "./exact-rows.ts";
import { createKernel } from "./kernel.ts";
import type { SharedMemory } from "./kernel.ts";
import { BLOCK_ROWS, ENTRY_BYTES, HEAP_CAPACITY } from "./matrix-layout.ts";
import type { MatrixLayout } from "./matrix-layout.ts";
import {
  COLLECTION_WIDTHS,
  computeMargin,
  isCertain,
  LEAST_CANDIDATES,
  quantise,
  QUERY_LIMIT,
  rescoreCandidates,
} from "./quantised-rows.ts";
import type { Candidate } from "./quantised-rows.ts";
import type { VectorMatch } from "./vector-index.ts";

/** What a thread needs to search a matrix. */
export interface MatrixSearchOptions {
  readonly memory: SharedMemory;
  readonly layout: MatrixLayout;
  /** Which scratch area of the memory is this thread's. */
  readonly thread: number;
  /** File of the exact rows of an int8 matrix. */
  readonly exactRows?: number | undefined;
}

/** One search over a range of blocks. */
export interface MatrixQuery {
  /** L2-normalised. */
  readonly unit: Float32Array;
  /** 1 or more. */
  readonly limit: number;
  readonly minSimilarity: number;
  readonly allowed?: BitmapChunks | undefined;
  /** Rows of the whole matrix. */
  readonly rowCount: number;
  readonly firstBlock: number;
  /** First block after the range. */
  readonly endBlock: number;
}

/** How candidates are collected. */
interface Collection {
  readonly capacity: number;
  readonly least: number;
  readonly queryScale: number;
}

/**
 * A function that finds the best rows in a range of blocks, ordered by similarity descending, then id ascending. It works
 * on the calling thread, and only writes to the scratch area of its thread.
 */
export function createMatrixSearch(options: MatrixSearchOptions): (query: MatrixQuery) => VectorMatch[] {
  const { memory, layout, exactRows } = options;
  const { dimensions } = layout;
  const kernel = createKernel(memory);
  const scan = layout.precision === "f32" ? kernel.scanF32 : kernel.scanInt8;
  const scratch = options.thread * layout.scratchBytes;
  const slotsAt = scratch + layout.slotsOffset;
  const heapAt = scratch + layout.heapOffset;
  const slots = new Uint16Array(memory.buffer, slotsAt, BLOCK_ROWS);

  function scanBlock(block: number, query: MatrixQuery): void {
    const firstRow = block * BLOCK_ROWS;
    const at = layout.firstBlock + block * layout.blockBytes;
    let count = Math.min(BLOCK_ROWS, query.rowCount - firstRow);
    if (query.allowed !== undefined) {
      count = listAllowed(new Uint32Array(memory.buffer, at, count), query.allowed, slots);
    }
    if (count > 0) scan(at, firstRow, slotsAt, count, scratch, layout.rowBytes);
  }

  /** The rows of the highest scores, best first, for the query in the scratch area. */
  function collect(query: MatrixQuery, { capacity, least, queryScale }: Collection): Candidate[] {
    if (query.allowed === undefined) for (let i = 0; i < BLOCK_ROWS; i++) slots[i] = i;
    kernel.begin(heapAt, capacity, least, queryScale);
    for (let block = query.firstBlock; block < query.endBlock; block++) scanBlock(block, query);
    return readEntries(memory, heapAt, kernel.finish());
  }

  function searchF32(query: MatrixQuery): VectorMatch[] {
    new Float32Array(memory.buffer, scratch, dimensions).set(query.unit);
    const capacity = Math.min(query.limit, query.rowCount);
    const candidates = collect(query, { capacity, least: query.minSimilarity, queryScale: 1 });
    return candidates.map(({ id, similarity }) => ({ id, similarity }));
  }

  function searchInt8(query: MatrixQuery): VectorMatch[] {
    const { unit, limit } = query;
    const { scale, error } = quantise(unit, new Int16Array(memory.buffer, scratch, dimensions), QUERY_LIMIT);
    const margin = computeMargin(error, dimensions);
    const exact = new Float32Array(dimensions);
    const score = (row: number): number => {
      readExactRow(exactRows!, row, exact);
      return computeCosine(unit, exact);
    };
    let matches: VectorMatch[] = [];
    for (const width of COLLECTION_WIDTHS) {
      const wanted = Math.max(limit * width, LEAST_CANDIDATES);
      const capacity = Math.min(wanted, query.rowCount, HEAP_CAPACITY);
      const least = query.minSimilarity - margin;
      const candidates = collect(query, { capacity, least, queryScale: scale });
      matches = rescoreCandidates(candidates, limit, margin, score);
      if (candidates.length < capacity) break;
      if (isCertain(matches, limit, candidates.at(-1)!.similarity, margin)) break;
    }
    return matches;
  }

  const search = layout.precision === "f32" ? searchF32 : searchInt8;
  return (query) => {
    // Another thread may have grown the memory: growing by nothing makes this thread's buffer as long as it is now.
    if (memory.buffer.byteLength < layout.firstBlock + query.endBlock * layout.blockBytes) memory.grow(0);
    return search(query).filter(({ similarity }) => similarity >= query.minSimilarity);
  };
}

/** Writes the slots of the allowed ids and gives their number. */
function listAllowed(ids: Uint32Array, allowed: BitmapChunks, slots: Uint16Array): number {
  let count = 0;
  let key = -1;
  let words: Uint32Array | undefined;
  for (let slot = 0; slot < ids.length; slot++) {
    const id = ids[slot]!;
    // Neighbouring rows mostly come from one chunk.
    if (id >>> 16 !== key) {
      key = id >>> 16;
      words = allowed.get(key);
    }
    slots[count] = slot;
    if (words !== undefined) count += (words[(id & 0xffff) >>> 5]! >>> (id & 31)) & 1;
  }
  return count;
}

function readEntries(memory: SharedMemory, at: number, count: number): Candidate[] {
  const scores = new Float32Array(memory.buffer, at, (count * ENTRY_BYTES) / 4);
  const words = new Uint32Array(memory.buffer, at, (count * ENTRY_BYTES) / 4);
  return Array.from({ length: count }, (_, i) => ({
    similarity: scores[i * 3]!,
    id: words[i * 3 + 1]!,
    row: words[i * 3 + 2]!,
  }));
}

function computeCosine(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return Math.fround(Math.min(1, Math.max(-1, sum)));
}
