import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { compileAssemblyScript } from "../src/core/compile-assembly-script.ts";
import { COMPILER_OPTIONS } from "../src/database/vector-index/compile-kernel.ts";
import { Bitmap } from "../src/database/vector-index/bitmap.ts";
import { instantiate } from "../src/database/vector-index/kernel.ts";
import { BLOCK_ROWS } from "../src/database/vector-index/matrix-layout.ts";
import type { Precision } from "../src/database/vector-index/matrix-layout.ts";
import { createMatrixSearch } from "../src/database/vector-index/matrix-search.ts";
import { createMemoryVectorIndex } from "../src/database/vector-index/memory-vector-index.ts";
import { compareMatches } from "../src/database/vector-index/quantised-rows.ts";
import type { VectorMatch } from "../src/database/vector-index/vector-index.ts";
import { createVectorMatrix } from "../src/database/vector-index/vector-matrix.ts";
import type { VectorMatrix } from "../src/database/vector-index/vector-matrix.ts";

const DIMENSIONS = 512;
const LIMIT = 50;
const TIMED_QUERIES = 15;
/** Queries whose result is compared with brute force in plain JavaScript (half a second each at a million). */
const CHECKED_QUERIES = 5;

/** One plain pass over memory with the kernel's instructions: what no exact search can beat. */
const SUM_SOURCE = `
export function sum(at: usize, end: usize): f32 {
  let a = f32x4.splat(0), b = f32x4.splat(0), c = f32x4.splat(0), d = f32x4.splat(0);
  for (; at < end; at += 64) {
    a = f32x4.add(a, v128.load(at));
    b = f32x4.add(b, v128.load(at, 16));
    c = f32x4.add(c, v128.load(at, 32));
    d = f32x4.add(d, v128.load(at, 48));
  }
  const all = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
  return f32x4.extract_lane(all, 0) + f32x4.extract_lane(all, 1) + f32x4.extract_lane(all, 2) + f32x4.extract_lane(all, 3);
}`;

/**
 * Prints, for random unit embeddings of 512 dimensions, what an exact top 50 costs a single thread, as CPU milliseconds
 * and against one plain SIMD pass over the same memory, with recall and memory. `--size 100000` limits the number of rows
 * (default 100,000 and 1,000,000; the million needs 2.6 GB). Times are the least of several runs.
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { size: { type: "string", multiple: true } } });
  const sizes = (values.size ?? ["100000", "1000000"]).map(Number);
  const sumModule = await compileAssemblyScript(SUM_SOURCE, COMPILER_OPTIONS);
  for (const size of sizes) {
    console.log(`\n${size} × ${DIMENSIONS}, top ${LIMIT}, one thread, CPU ms (least of ${TIMED_QUERIES})`);
    const truth = benchMatrix(size, "f32", sumModule, undefined);
    benchMatrix(size, "int8", sumModule, truth);
  }
  await benchIndex(sizes[0]!);
}

/** Times the kernel on the calling thread; gives the matches of the checked queries. */
function benchMatrix(
  size: number,
  precision: Precision,
  sumModule: Uint8Array,
  truth: VectorMatch[][] | undefined,
): VectorMatch[][] {
  collectGarbage();
  const residentBefore = process.memoryUsage.rss();
  const matrix = createVectorMatrix({ dimensions: DIMENSIONS, precision, threads: 1 });
  const { layout, memory, exactRows } = matrix;
  fillMatrix(matrix, size);
  const resident = process.memoryUsage.rss() - residentBefore;
  const search = createMatrixSearch({
    memory,
    layout,
    thread: 0,
    exactRows,
  });
  const endBlock = Math.ceil(size / BLOCK_ROWS);
  const scan = (unit: Float32Array): VectorMatch[] =>
    search({ unit, limit: LIMIT, minSimilarity: -1, rowCount: size, firstBlock: 0, endBlock });
  const queries = createEmbeddings(TIMED_QUERIES, 7);
  const { sum } = instantiate<{ sum: (at: number, end: number) => number }>(sumModule, memory);
  const end = layout.firstBlock + endBlock * layout.blockBytes;

  let scanMs = Infinity;
  let sumMs = Infinity;
  const found: VectorMatch[][] = [];
  for (const query of queries) {
    sumMs = Math.min(
      sumMs,
      measure(() => void sum(layout.firstBlock, end)),
    );
    scanMs = Math.min(
      scanMs,
      measure(() => void found.push(scan(query))),
    );
  }
  const checked = queries.slice(0, CHECKED_QUERIES);
  const expected = truth ?? checked.map((query) => searchPlainly(size, query));
  const megabytes = Math.round((endBlock * layout.blockBytes) / 1e6);
  console.log(
    `${precision.padEnd(5)} search ${scanMs.toFixed(2)}, plain pass ${sumMs.toFixed(2)}, ratio ${(scanMs / sumMs).toFixed(2)}, ` +
      `recall ${computeRecall(found, expected).toFixed(4)}, matrix ${megabytes} MB` +
      (precision === "int8" ? `, file ${Math.round((size * DIMENSIONS * 4) / 1e6)} MB` : "") +
      `, resident ${Math.round(resident / 1e6)} MB`,
  );
  matrix.close();
  return expected;
}

/** Times the whole index from the main thread: queue, thread, filter. */
async function benchIndex(size: number): Promise<void> {
  const index = createMemoryVectorIndex({ modelId: "bench", dimensions: DIMENSIONS, precision: "f32" });
  const random = createRandom(1);
  let fillMs = 0;
  for (let id = 0; id < size; id += 1000) {
    const entries = Array.from({ length: Math.min(1000, size - id) }, (_, i) => ({
      id: id + i,
      embedding: createEmbedding(random),
    }));
    const start = performance.now();
    await index.set(entries);
    fillMs += performance.now() - start;
  }
  const every100th = Bitmap.fromIds(Array.from({ length: Math.ceil(size / 100) }, (_, i) => i * 100));
  const all = await measureWall(index.search.bind(index), {});
  const filtered = await measureWall(index.search.bind(index), { allowed: every100th });
  console.log(
    `\n${size} × ${DIMENSIONS} f32 through the index, wall ms: search ${all.toFixed(2)}, ` +
      `with 1 % allowed ${filtered.toFixed(2)}; set ${((fillMs * 1000) / size).toFixed(2)} µs an embedding`,
  );
  await index.close();
}

async function measureWall(
  search: (query: Float32Array, options: { limit: number; allowed?: Bitmap }) => Promise<VectorMatch[]>,
  filter: { allowed?: Bitmap },
): Promise<number> {
  let least = Infinity;
  for (const query of createEmbeddings(TIMED_QUERIES, 7)) {
    const start = performance.now();
    await search(query, { limit: LIMIT, ...filter });
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

function fillMatrix(matrix: VectorMatrix, size: number): void {
  const random = createRandom(1);
  const embedding = new Float32Array(DIMENSIONS);
  matrix.reserve(size);
  for (let id = 0; id < size; id++) matrix.put(id, createEmbedding(random, embedding));
  matrix.flush();
}

/** The best rows by plain JavaScript over the same seeded embeddings, made anew. */
function searchPlainly(size: number, query: Float32Array): VectorMatch[] {
  const scores = new Float64Array(size);
  const random = createRandom(1);
  const embedding = new Float32Array(DIMENSIONS);
  for (let id = 0; id < size; id++) {
    createEmbedding(random, embedding);
    let dot = 0;
    for (let i = 0; i < DIMENSIONS; i++) dot += embedding[i]! * query[i]!;
    scores[id] = dot;
  }
  const least = Float64Array.from(scores).sort()[Math.max(0, size - LIMIT)]!;
  const matches: VectorMatch[] = [];
  scores.forEach((similarity, id) => similarity >= least && matches.push({ id, similarity }));
  return matches.sort(compareMatches).slice(0, LIMIT);
}

function computeRecall(found: VectorMatch[][], expected: VectorMatch[][]): number {
  let hits = 0;
  let all = 0;
  expected.forEach((matches, i) => {
    const ids = new Set(found[i]!.map(({ id }) => id));
    hits += matches.filter(({ id }) => ids.has(id)).length;
    all += matches.length;
  });
  return hits / all;
}

/** Wall time of a task that only computes; the least of several runs is its CPU time. */
function measure(task: () => void): number {
  const start = performance.now();
  task();
  return performance.now() - start;
}

/** Gives the memory of the matrix before back, so that the next one's can be told. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}

function createEmbeddings(count: number, seed: number): Float32Array[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => createEmbedding(random));
}

/** A unit embedding of random direction: each value is the sum of four uniform bytes, nearly normal. */
function createEmbedding(
  random: () => number,
  embedding: Float32Array = new Float32Array(DIMENSIONS),
): Float32Array {
  let squaredLength = 0;
  for (let i = 0; i < DIMENSIONS; i++) {
    const bits = random();
    const value = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24) - 510;
    embedding[i] = value;
    squaredLength += value * value;
  }
  const length = Math.sqrt(squaredLength);
  for (let i = 0; i < DIMENSIONS; i++) embedding[i]! /= length;
  return embedding;
}

/** 32 random bits a call (Marsaglia, Xorshift RNGs, 2003). */
function createRandom(seed: number): () => number {
  let state = (seed * 0x9e37_79b9) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
