/*
 * The search kernel of the vector index: AssemblyScript, compiled to kernel.wasm by compile-kernel.ts.
 *
 * Computes the best rows of a matrix by inner product with one query, exactly: every listed row is multiplied, and a
 * binary heap with the worst entry at its root (Knuth, TAOCP 3, 5.2.3) keeps the best. Cost: O(rows * dimensions), one
 * sequential pass over the matrix, O(log capacity) a kept row.
 *
 * - Rows come in blocks: 1,024 ids (u32), scales (f32), slacks (f32), rows (see matrix-layout.ts).
 * - f32 rows score by cosine; int8 rows by the most that their cosine can be (see quantised-rows.ts).
 * - Only the rows listed in `slots` (u16 each) are touched, so a filter costs nothing for what it leaves out.
 * - Entries of the heap are { score: f32, id: u32, row: u32 }; equal scores are ordered by id, so the result depends on
 *   neither the order of the rows nor the number of threads. A row's score depends on the row and the query alone.
 * - One row at a time with four accumulators: 1.04 x the time of a plain sum over the same bytes on 100,000 x 512 f32.
 *   Four rows at a time defeated the processor's prefetching (2.4 x), and relaxed_madd gained nothing (0.99 x).
 */

const SCALES_OFFSET: usize = 4096;
const SLACKS_OFFSET: usize = 8192;
const ROWS_OFFSET: usize = 12288;
const ENTRY_BYTES: usize = 12;

// One instance serves one thread: these are the state of its running search.
let heap: usize = 0;
let capacity: u32 = 0;
let size: u32 = 0;
let threshold: f32 = 0;
let queryScale: f32 = 0;

/**
 * Starts a search that keeps the best `most` rows (1 or more) scoring at least `least`, in memory from `entries` on. An
 * int8 search multiplies its integer query by `scale`.
 */
export function begin(entries: usize, most: u32, least: f32, scale: f32): void {
  heap = entries;
  capacity = most;
  size = 0;
  threshold = least;
  queryScale = scale;
}

/** Offers the listed rows of a block of f32 rows; `query` has as many bytes as a row, a multiple of 64. */
export function scanF32(block: usize, firstRow: u32, slots: usize, count: u32, query: usize, rowBytes: u32): void {
  const queryEnd = query + rowBytes;
  for (let i: u32 = 0; i < count; i++) {
    const slot = <u32>load<u16>(slots + (<usize>i << 1));
    let at = block + ROWS_OFFSET + slot * rowBytes;
    let a = f32x4.splat(0);
    let b = f32x4.splat(0);
    let c = f32x4.splat(0);
    let d = f32x4.splat(0);
    for (let q = query; q < queryEnd; q += 64, at += 64) {
      a = f32x4.add(a, f32x4.mul(v128.load(at), v128.load(q)));
      b = f32x4.add(b, f32x4.mul(v128.load(at, 16), v128.load(q, 16)));
      c = f32x4.add(c, f32x4.mul(v128.load(at, 32), v128.load(q, 32)));
      d = f32x4.add(d, f32x4.mul(v128.load(at, 48), v128.load(q, 48)));
    }
    const sum = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
    const score =
      f32x4.extract_lane(sum, 0) +
      f32x4.extract_lane(sum, 1) +
      (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3));
    // Clamped before it is compared, or rounding would order two rows that are reported as equal.
    const cosine = min<f32>(1, max<f32>(-1, score));
    if (cosine >= threshold) offer(cosine, load<u32>(block + (slot << 2)), firstRow + slot);
  }
}

/** Offers the listed rows of a block of int8 rows; `query` holds i16, two bytes for each of the row's multiple of 32. */
export function scanInt8(block: usize, firstRow: u32, slots: usize, count: u32, query: usize, rowBytes: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const slot = <u32>load<u16>(slots + (<usize>i << 1));
    let at = block + ROWS_OFFSET + slot * rowBytes;
    const end = at + rowBytes;
    let a = i32x4.splat(0);
    let b = i32x4.splat(0);
    let c = i32x4.splat(0);
    let d = i32x4.splat(0);
    for (let q = query; at < end; q += 64, at += 32) {
      a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load8x8_s(at), v128.load(q)));
      b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load8x8_s(at, 8), v128.load(q, 16)));
      c = i32x4.add(c, i32x4.dot_i16x8_s(v128.load8x8_s(at, 16), v128.load(q, 32)));
      d = i32x4.add(d, i32x4.dot_i16x8_s(v128.load8x8_s(at, 24), v128.load(q, 48)));
    }
    const sum = i32x4.add(i32x4.add(a, b), i32x4.add(c, d));
    const dot =
      i32x4.extract_lane(sum, 0) +
      i32x4.extract_lane(sum, 1) +
      i32x4.extract_lane(sum, 2) +
      i32x4.extract_lane(sum, 3);
    const column = block + (slot << 2);
    const score = <f32>dot * queryScale * load<f32>(column, SCALES_OFFSET) + load<f32>(column, SLACKS_OFFSET);
    if (score >= threshold) offer(score, load<u32>(column), firstRow + slot);
  }
}

/** Sorts the kept rows, best first, and gives their number. */
export function finish(): u32 {
  const kept = size;
  while (size > 1) {
    size--;
    const last = entry(size);
    const score = load<f32>(last);
    const id = load<u32>(last, 4);
    const row = load<u32>(last, 8);
    move(last, heap);
    sink(score, id, row);
  }
  return kept;
}

function entry(i: u32): usize {
  return heap + <usize>i * ENTRY_BYTES;
}

function isWorse(score: f32, id: u32, other: usize): bool {
  const otherScore = load<f32>(other);
  return score < otherScore || (score == otherScore && id > load<u32>(other, 4));
}

function put(at: usize, score: f32, id: u32, row: u32): void {
  store<f32>(at, score);
  store<u32>(at, id, 4);
  store<u32>(at, row, 8);
}

function move(to: usize, from: usize): void {
  store<u64>(to, load<u64>(from));
  store<u32>(to, load<u32>(from, 8), 8);
}

function offer(score: f32, id: u32, row: u32): void {
  if (size < capacity) rise(score, id, row);
  else if (isWorse(score, id, heap)) return;
  else sink(score, id, row);
  if (size == capacity) threshold = load<f32>(heap);
}

/** Adds an entry at the end and moves it up past better ones. */
function rise(score: f32, id: u32, row: u32): void {
  let i = size++;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    const at = entry(parent);
    if (!isWorse(score, id, at)) break;
    move(entry(i), at);
    i = parent;
  }
  put(entry(i), score, id, row);
}

/** Replaces the root and moves the new entry down past worse ones. */
function sink(score: f32, id: u32, row: u32): void {
  let i: u32 = 0;
  for (;;) {
    let child: u32 = 2 * i + 1;
    if (child >= size) break;
    if (child + 1 < size) {
      const right = entry(child + 1);
      if (isWorse(load<f32>(right), load<u32>(right, 4), entry(child))) child++;
    }
    const at = entry(child);
    if (isWorse(score, id, at)) break;
    move(entry(i), at);
    i = child;
  }
  put(entry(i), score, id, row);
}
