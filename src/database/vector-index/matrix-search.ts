import type { BitmapChunks } from "./bitmap.ts";
import { readExactRow } from "./exact-rows.ts";
import { createKernel } from "./kernel.ts";
import type { KernelModule, SharedMemory } from "./kernel.ts";
import { BLOCK_ROWS, ENTRY_BYTES, OVERSAMPLING } from "./matrix-layout.ts";
import type { MatrixLayout } from "./matrix-layout.ts";
import type { VectorMatch } from "./vector-index.ts";

/** Candidates that an int8 search rescores at least: a handful of matches leaves too little room for rounding. */
const LEAST_CANDIDATES = 64;
/** Largest magnitude of a query's value beside int8 rows: 127 · 2,047 · 4,096 dimensions stays below 2³¹. */
const INT16_LIMIT = 2047;

/** What a thread needs to search a matrix. */
export interface MatrixSearchOptions {
  readonly kernelModule: KernelModule;
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

/** An entry of the kernel's heap. */
interface Candidate extends VectorMatch {
  readonly row: number;
}

/**
 * A function that finds the best rows in a range of blocks, ordered by similarity descending, then id ascending. It works
 * on the calling thread. f32 rows are compared exactly; of int8 rows the best candidates are rescored with exact rows.
 */
export function createMatrixSearch(options: MatrixSearchOptions): (query: MatrixQuery) => VectorMatch[] {
  const { memory, layout, exactRows } = options;
  const kernel = createKernel(options.kernelModule, memory);
  const scratch = options.thread * layout.scratchBytes;
  const slotsAt = scratch + layout.slotsOffset;
  const heapAt = scratch + layout.heapOffset;
  const isExact = layout.precision === "f32";
  const scan = isExact ? kernel.scanF32 : kernel.scanInt8;
  const slots = new Uint16Array(memory.buffer, slotsAt, BLOCK_ROWS);
  const exact = new Float32Array(layout.dimensions);

  function writeQuery(unit: Float32Array): void {
    if (isExact) new Float32Array(memory.buffer, scratch, layout.dimensions).set(unit);
    else quantiseQuery(unit, new Int16Array(memory.buffer, scratch, layout.dimensions));
  }

  function scanBlock(block: number, query: MatrixQuery): void {
    const firstRow = block * BLOCK_ROWS;
    const at = layout.firstBlock + block * layout.blockBytes;
    const rows = Math.min(BLOCK_ROWS, query.rowCount - firstRow);
    let count = rows;
    if (query.allowed !== undefined) {
      count = listAllowed(new Uint32Array(memory.buffer, at, rows), query.allowed, slots);
    }
    if (count > 0) scan(at, firstRow, slotsAt, count, scratch, layout.rowBytes);
  }

  function readCandidates(count: number): Candidate[] {
    const scores = new Float32Array(memory.buffer, heapAt, (count * ENTRY_BYTES) / 4);
    const words = new Uint32Array(memory.buffer, heapAt, (count * ENTRY_BYTES) / 4);
    return Array.from({ length: count }, (_, i) => ({
      similarity: scores[i * 3]!,
      id: words[i * 3 + 1]!,
      row: words[i * 3 + 2]!,
    }));
  }

  function rescore(candidates: Candidate[], query: MatrixQuery): VectorMatch[] {
    // In the order of the file, which is that of the rows.
    candidates.sort((a, b) => a.row - b.row);
    const matches = candidates.map(({ id, row }) => {
      readExactRow(exactRows!, row, exact);
      return { id, similarity: computeCosine(query.unit, exact) };
    });
    return matches.sort(compareMatches).slice(0, query.limit);
  }

  return (query) => {
    // Another thread may have grown the memory: growing by nothing makes this thread's buffer as long as it is now.
    if (memory.buffer.byteLength < layout.firstBlock + query.endBlock * layout.blockBytes) memory.grow(0);
    const wanted = isExact ? query.limit : Math.max(query.limit * OVERSAMPLING, LEAST_CANDIDATES);
    writeQuery(query.unit);
    if (query.allowed === undefined) for (let i = 0; i < BLOCK_ROWS; i++) slots[i] = i;
    kernel.begin(heapAt, Math.min(wanted, query.rowCount), isExact ? query.minSimilarity : -Infinity);
    for (let block = query.firstBlock; block < query.endBlock; block++) scanBlock(block, query);
    const candidates = readCandidates(kernel.finish());
    const matches = isExact ? candidates.map(toMatch) : rescore(candidates, query);
    return matches.filter(({ similarity }) => similarity >= query.minSimilarity);
  };
}

/** The order of matches: similarity descending, then id ascending. */
export function compareMatches(a: VectorMatch, b: VectorMatch): number {
  return b.similarity - a.similarity || a.id - b.id;
}

function toMatch({ id, similarity }: Candidate): VectorMatch {
  return { id, similarity };
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

/** The query's scale is dropped: it is the same for all rows, and the candidates' scores are not reported. */
function quantiseQuery(unit: Float32Array, target: Int16Array): void {
  let largest = 0;
  for (const value of unit) largest = Math.max(largest, Math.abs(value));
  const factor = INT16_LIMIT / largest;
  for (let i = 0; i < unit.length; i++) target[i] = Math.round(unit[i]! * factor);
}

function computeCosine(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return Math.fround(Math.min(1, Math.max(-1, sum)));
}
