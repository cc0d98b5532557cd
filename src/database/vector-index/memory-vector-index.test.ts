import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import fc from "fast-check";
import { afterEach, describe, expect, it, test } from "vitest";
import { Bitmap } from "./bitmap.ts";
import { createMemoryVectorIndex } from "./memory-vector-index.ts";
import type { MemoryVectorIndexOptions } from "./memory-vector-index.ts";
import { compareMatches } from "./quantised-rows.ts";
import type { VectorEntry, VectorIndex, VectorMatch } from "./vector-index.ts";

const PRECISIONS = ["f32", "int8"] as const;

const opened: VectorIndex[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((index) => index.close()));
});

function createIndex(options: Partial<MemoryVectorIndexOptions> = {}): VectorIndex {
  const index = createMemoryVectorIndex({ modelId: "test", dimensions: 2, precision: "f32", ...options });
  opened.push(index);
  return index;
}

/** Normally distributed numbers from a seed (Box and Muller 1958; xorshift). */
function createNormal(seed: number): () => number {
  let state = (seed * 0x9e37_79b9) | 1;
  const uniform = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) + 0.5) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

function createEmbeddings(count: number, dimensions: number, seed: number): Float32Array[] {
  const normal = createNormal(seed);
  return Array.from({ length: count }, () => Float32Array.from({ length: dimensions }, normal));
}

function toEntries(embeddings: readonly Float32Array[]): VectorEntry[] {
  return embeddings.map((embedding, id) => ({ id, embedding }));
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [dot, lengthA, lengthB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    lengthA += a[i]! ** 2;
    lengthB += b[i]! ** 2;
  }
  return dot / Math.sqrt(lengthA * lengthB);
}

function searchPlainly(
  entries: Iterable<readonly [number, Float32Array]>,
  query: Float32Array,
  limit: number,
): VectorMatch[] {
  const all = [...entries].map(([id, embedding]) => ({ id, similarity: cosine(embedding, query) }));
  return all.sort(compareMatches).slice(0, limit);
}

/** Equal similarities rank by rank, true ones for each id, in order: ids may differ only where rounding made a tie. */
function expectSameMatches(
  matches: VectorMatch[],
  expected: VectorMatch[],
  query: Float32Array,
  embeddings: ReadonlyMap<number, Float32Array>,
): void {
  expect(matches.length).toBe(expected.length);
  expect(new Set(matches.map(({ id }) => id)).size).toBe(matches.length);
  expect(matches.toSorted(compareMatches)).toEqual(matches);
  matches.forEach(({ id, similarity }, i) => {
    expect(Math.abs(similarity - expected[i]!.similarity)).toBeLessThan(2e-6);
    expect(Math.abs(similarity - cosine(embeddings.get(id)!, query))).toBeLessThan(2e-6);
  });
}

function computeRecall(matches: VectorMatch[], expected: VectorMatch[]): number {
  const ids = new Set(matches.map(({ id }) => id));
  return expected.filter(({ id }) => ids.has(id)).length / expected.length;
}

describe("createMemoryVectorIndex", () => {
  test.each([
    ["f32", 1],
    ["f32", 3],
    ["int8", 1],
    ["int8", 2],
  ] as const)("finds what brute force finds, as %s with %i threads", async (precision, threads) => {
    const scenario = fc.record({
      dimensions: fc.integer({ min: 1, max: 70 }),
      count: fc.integer({ min: 0, max: 3000 }),
      limit: fc.integer({ min: 0, max: 80 }),
      seed: fc.integer({ min: 1, max: 1e6 }),
      keptShare: fc.integer({ min: 1, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ dimensions, count, limit, seed, keptShare }) => {
        const index = createMemoryVectorIndex({ modelId: "test", dimensions, precision, threads });
        const embeddings = createEmbeddings(count, dimensions, seed);
        const query = createEmbeddings(1, dimensions, seed + 1)[0]!;
        await index.set(toEntries(embeddings));
        const isRemoved = (id: number): boolean => id % 7 === 3;
        await index.remove([...embeddings.keys()].filter(isRemoved));
        const held = new Map([...embeddings.entries()].filter(([id]) => !isRemoved(id)));
        const allowed = new Map([...held].filter(([id]) => id % keptShare === 0));

        const all = await index.search(query, { limit });
        const filtered = await index.search(query, { limit, allowed: Bitmap.fromIds(allowed.keys()) });
        expect(index.size).toBe(held.size);
        expectSameMatches(all, searchPlainly(held, query, limit), query, held);
        expectSameMatches(filtered, searchPlainly(allowed, query, limit), query, held);
        await index.close();
      }),
      { numRuns: 12 },
    );
  });

  test.each([
    ["random directions", (values: Float32Array) => values],
    ["a value that dominates all others", (values: Float32Array) => values.with(3, values[3]! + 40)],
    ["bursts of near-identical photos", (values: Float32Array, i: number) => addBurst(values, i % 20)],
  ])("finds as int8 nearly all of the true top 50 among %s", async (_, shape) => {
    const embeddings = createEmbeddings(8000, 128, 5).map(shape);
    const index = createIndex({ dimensions: 128, precision: "int8" });
    await index.set(toEntries(embeddings));
    let recall = 0;
    const queries = createEmbeddings(10, 128, 6).map(shape);
    for (const query of queries) {
      const expected = searchPlainly(embeddings.entries(), query, 50);
      recall += computeRecall(await index.search(query, { limit: 50 }), expected) / queries.length;
    }
    expect(recall).toBeGreaterThanOrEqual(0.99);
  });

  describe.each(PRECISIONS)("as %s", (precision) => {
    it("orders equal similarities by id, whatever the order of the rows and the number of threads", async () => {
      const index = createIndex({ precision, threads: 2 });
      const embedding = Float32Array.of(0.6, 0.8);
      const ids = Array.from({ length: 3000 }, (_, i) => (i * 1009) % 3001);
      await index.set(ids.map((id) => ({ id, embedding })));
      await index.remove([0, 2]);
      const matches = await index.search(embedding, { limit: 4 });
      expect(matches.map(({ id }) => id)).toEqual([1, 3, 4, 5]);
    });

    it("replaces an embedding set again, and takes the last of equal ids", async () => {
      const index = createIndex({ precision });
      const [east, north] = [Float32Array.of(1, 0), Float32Array.of(0, 1)];
      await index.set([{ id: 4, embedding: east }]);
      await index.set([
        { id: 4, embedding: east },
        { id: 4, embedding: north },
      ]);
      expect(index.size).toBe(1);
      expect(index.get(4)).toEqual(north);
      expect(await index.search(north, { limit: 9 })).toEqual([{ id: 4, similarity: 1 }]);
    });

    it("gives back embeddings normalised, exactly, and as copies", async () => {
      const index = createIndex({ precision, dimensions: 3 });
      await index.set([{ id: 2 ** 32 - 1, embedding: Float32Array.of(0, 6, 8) }]);
      index.get(2 ** 32 - 1)!.fill(0);
      expect(index.get(2 ** 32 - 1)).toEqual(Float32Array.of(0, 0.6, 0.8));
      expect(index.get(0)).toBeUndefined();
    });

    it("forgets removed ids, ignores unknown ones, and can take them again", async () => {
      const index = createIndex({ precision, dimensions: 16 });
      const embeddings = createEmbeddings(2500, 16, 3);
      await index.set(toEntries(embeddings));
      await index.remove(Array.from({ length: 2490 }, (_, i) => i).concat(99_999, 5));
      expect(index.size).toBe(10);
      expect(index.get(5)).toBeUndefined();
      for (let id = 2490; id < 2500; id++) {
        expect((await index.search(embeddings[id]!, { limit: 1 }))[0]!.id).toBe(id);
      }
      await index.set([{ id: 5, embedding: embeddings[5]! }]);
      expect((await index.search(embeddings[5]!, { limit: 1 }))[0]!.id).toBe(5);
    });

    it("leaves out matches below the least similarity", async () => {
      const index = createIndex({ precision });
      await index.set([
        { id: 1, embedding: Float32Array.of(1, 0) },
        { id: 2, embedding: Float32Array.of(0.6, 0.8) },
        { id: 3, embedding: Float32Array.of(0, 1) },
      ]);
      const query = Float32Array.of(1, 0);
      const matches = await index.search(query, { limit: 9, minSimilarity: Math.fround(0.6) });
      expect(matches.map(({ id }) => id)).toEqual([1, 2]);
      expect(await index.search(query, { limit: 9, minSimilarity: 1.1 })).toEqual([]);
    });

    it("finds nothing where there is nothing to find", async () => {
      const index = createIndex({ precision });
      const query = Float32Array.of(1, 1);
      expect(await index.search(query, { limit: 5 })).toEqual([]);
      await index.set([{ id: 1, embedding: query }]);
      expect(await index.search(query, { limit: 0 })).toEqual([]);
      expect(await index.search(query, { limit: 5, allowed: new Bitmap() })).toEqual([]);
      expect(await index.search(query, { limit: 5, allowed: Bitmap.fromIds([2, 70_000]) })).toEqual([]);
    });

    it("shows each search all of a write or nothing of it", async () => {
      const dimensions = 128;
      const index = createIndex({ precision, dimensions, threads: 2 });
      const states = [0, 1].map((axis) => new Float32Array(dimensions).with(axis, 1));
      const fill = (state: number): Promise<void> =>
        index.set(Array.from({ length: 5000 }, (_, id) => ({ id, embedding: states[state]! })));
      await fill(0);
      const seen: Promise<VectorMatch[]>[] = [];
      for (let round = 1; round <= 10; round++) {
        seen.push(index.search(states[0]!, { limit: 5000 }));
        void fill(round % 2);
        seen.push(index.search(states[0]!, { limit: 5000 }));
        await setImmediate();
      }
      const similarities = (await Promise.all(seen)).map((matches) => {
        expect(matches.length).toBe(5000);
        return [...new Set(matches.map(({ similarity }) => similarity))];
      });
      expect(similarities).toEqual(similarities.map((_, i) => [1 - (Math.ceil(i / 2) % 2)]));
    });
  });

  it("is not disturbed by a caller that goes on with its query and filter", async () => {
    const index = createIndex();
    await index.set([
      { id: 1, embedding: Float32Array.of(1, 0) },
      { id: 2, embedding: Float32Array.of(0, 1) },
    ]);
    const query = Float32Array.of(1, 0);
    const allowed = Bitmap.fromIds([1]);
    void index.remove([3]);
    const matches = index.search(query, { limit: 2, allowed });
    query.set([0, 1]);
    allowed.add(2);
    expect(await matches).toEqual([{ id: 1, similarity: 1 }]);
  });

  test.each([
    ["another dimension", 1, [1, 2, 3], /embedding of id 1 has 3 dimensions, the index 2/],
    ["a value that is not finite", 1, [NaN, 1], /embedding of id 1 holds values that are not finite/],
    ["zero norm", 1, [0, 0], /embedding of id 1 is all zeros/],
    ["a negative id", -1, [1, 1], /Id -1/],
    ["a broken id", 0.5, [1, 1], /Id 0.5/],
    ["an id beyond 32 bits", 2 ** 32, [1, 1], /Id 4294967296/],
  ])("refuses a write with %s as a whole", async (_, id, values, message) => {
    const index = createIndex();
    const good = { id: 7, embedding: Float32Array.of(1, 0) };
    const refused = index.set([good, { id, embedding: Float32Array.from(values) }]);
    await expect(refused).rejects.toThrow(expect.objectContaining({ code: "bad_request" }));
    await expect(refused).rejects.toThrow(message);
    expect(index.size).toBe(0);
    await index.set([good]);
    expect(index.size).toBe(1);
  });

  test.each([
    ["a query of another dimension", [1], { limit: 1 }, /query has 1 dimensions, the index 2/],
    ["a query that is not finite", [1, Infinity], { limit: 1 }, /query holds values/],
    ["a query of zero norm", [0, 0], { limit: 1 }, /query is all zeros/],
    ["a negative limit", [1, 1], { limit: -1 }, /cannot give -1 matches/],
    ["a broken limit", [1, 1], { limit: 1.5 }, /cannot give 1.5 matches/],
    ["too large a limit", [1, 1], { limit: 65_537 }, /ask for 0 to 65536/],
    ["no number as least similarity", [1, 1], { limit: 1, minSimilarity: NaN }, /not a number/],
  ])("refuses %s", async (_, values, options, message) => {
    const index = createIndex();
    const refused = index.search(Float32Array.from(values), options);
    await expect(refused).rejects.toThrow(expect.objectContaining({ code: "bad_request" }));
    await expect(refused).rejects.toThrow(message);
  });

  test.each([
    [{ dimensions: 0 }, /0 dimensions/],
    [{ dimensions: 4097 }, /4097 dimensions/],
    [{ threads: 0 }, /0 threads/],
    [{ precision: "int8", directory: "/nowhere/at/all" }, /exact rows in \/nowhere\/at\/all/],
  ] as const)("cannot be made with %j", (options, message) => {
    expect(() => createIndex(options)).toThrow(message);
  });

  it("rejects the searches of a thread that dies and serves the next ones", async () => {
    const index = createIndex();
    await index.set([{ id: 1, embedding: Float32Array.of(1, 0) }]);
    const started = once(process, "worker") as Promise<[Worker]>;
    const query = Float32Array.of(1, 0);
    const abandoned = Promise.allSettled([1, 2].map((limit) => index.search(query, { limit })));
    const [worker] = await started;
    await worker.terminate();
    for (const outcome of await abandoned) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "unavailable" } });
    }
    expect(await index.search(query, { limit: 1 })).toEqual([{ id: 1, similarity: 1 }]);
  });

  it("finishes running searches on close, ends its thread and refuses further calls", async () => {
    const index = createIndex();
    const embedding = Float32Array.of(1, 0);
    await index.set([{ id: 1, embedding }]);
    const started = once(process, "worker") as Promise<[Worker]>;
    const running = index.search(embedding, { limit: 1 });
    const [worker] = await started;
    await Promise.all([index.close(), index.close()]);
    expect(await running).toEqual([{ id: 1, similarity: 1 }]);
    expect(worker.threadId).toBe(-1);
    expect(index.get(1)).toBeUndefined();
    const closed = expect.objectContaining({ code: "unavailable" });
    await expect(index.search(embedding, { limit: 1 })).rejects.toThrow(closed);
    await expect(index.set([{ id: 1, embedding }])).rejects.toThrow(closed);
    await expect(index.remove([1])).rejects.toThrow(closed);
  });
});

/** A twentieth of its own on top of a direction that all photos of the burst share. */
function addBurst(values: Float32Array, burst: number): Float32Array {
  const centre = createEmbeddings(1, values.length, 1000 + burst)[0]!;
  return values.map((value, i) => centre[i]! + value * 0.05);
}
