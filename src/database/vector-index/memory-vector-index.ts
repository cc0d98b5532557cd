import { setImmediate } from "node:timers/promises";
import { KeepsightError } from "../../core/errors.ts";
import { Bitmap } from "./bitmap.ts";
import { BLOCK_ROWS, checkMatrixShape, MAXIMUM_LIMIT } from "./matrix-layout.ts";
import type { MatrixQuery } from "./matrix-search.ts";
import { compareMatches } from "./quantised-rows.ts";
import { createReadWriteLock } from "./read-write-lock.ts";
import { createSearchThread } from "./search-thread.ts";
import { checkEmbedding, toUnitEmbedding } from "./unit-embedding.ts";
import type { VectorEntry, VectorIndex, VectorMatch, VectorSearchOptions } from "./vector-index.ts";
import { createVectorMatrix } from "./vector-matrix.ts";

/** Values written before the event loop gets a turn: 512 embeddings of 512 dimensions, 2 to 6 ms. */
const SLICE_VALUES = 262_144;

/** How an index in memory is made. */
export interface MemoryVectorIndexOptions {
  readonly modelId: string;
  /** 1 to 4,096. */
  readonly dimensions: number;
  /** `f32`, or `int8` for a quarter of the memory and half the time, rescoring candidates with exact rows from a file. */
  readonly precision: "f32" | "int8";
  /** Threads that share each search, 1 to 64; default 1. */
  readonly threads?: number;
  /** Where `int8` keeps its nameless file of exact rows; default the system's temporary directory. */
  readonly directory?: string;
}

/**
 * An empty index held in shared memory and searched by worker threads, exactly (see kernel.as; for
 * `int8` see quantised-rows.ts).
 *
 * - Searches run off the calling thread. Writes happen on it, straight into the shared memory, while no search runs:
 *   searches and writes are admitted in the order of their calls ({@link createReadWriteLock}), so a search sees all of a
 *   write or nothing of it. Large writes give way to the event loop every few milliseconds.
 * - Memory: about 4 · dimensions + 12 bytes an embedding as `f32`, dimensions + 12 as `int8`, and 40 to find its row.
 *   `int8` has the exact rows in a file of 4 · dimensions bytes each, read for candidates only; where that directory lies
 *   in memory (tmpfs), int8 saves time and no memory.
 * - Capacity: 4 GiB, 2 million embeddings of 512 dimensions as `f32`, 8 million as `int8`; beyond it `set` is refused.
 * - Nothing frees WebAssembly memory at once: that of a closed index returns with the next garbage collection.
 */
export function createMemoryVectorIndex(options: MemoryVectorIndexOptions): VectorIndex {
  const { modelId, dimensions, precision, threads = 1, directory } = options;
  checkMatrixShape(dimensions, threads);
  const matrix = createVectorMatrix({ dimensions, precision, threads, directory });
  const { memory, layout, exactRows } = matrix;
  const searchThreads = Array.from({ length: threads }, (_, thread) =>
    createSearchThread({ memory, layout, thread, exactRows }),
  );
  const lock = createReadWriteLock();
  let closing: Promise<void> | undefined;
  let damage: unknown;

  function checkUsable(): void {
    if (closing !== undefined) {
      throw new KeepsightError("unavailable", `The vector index of ${modelId} is closed; make a new one.`);
    }
    if (damage !== undefined) {
      throw new KeepsightError(
        "unavailable",
        `A write to the vector index of ${modelId} broke off; close it and rebuild it from the embeddings.`,
        { cause: damage },
      );
    }
  }

  /** A write that stops half way leaves rows that nobody can trust. */
  async function write(change: () => Promise<void>): Promise<void> {
    try {
      await change();
      matrix.flush();
    } catch (error) {
      damage = error;
      checkUsable();
    }
  }

  /** Visits all items, giving the event loop a turn between slices. */
  async function inSlices<T>(items: readonly T[], visit: (item: T) => void): Promise<void> {
    const slice = Math.ceil(SLICE_VALUES / dimensions);
    for (let i = 0; i < items.length; i++) {
      if (i > 0 && i % slice === 0) await setImmediate();
      visit(items[i]!);
    }
  }

  async function checkEntries(entries: readonly VectorEntry[]): Promise<void> {
    const added = new Set<number>();
    await inSlices(entries, ({ id, embedding }) => {
      checkId(id);
      checkEmbedding(embedding, dimensions, `The embedding of id ${id}`);
      if (!matrix.has(id)) added.add(id);
    });
    matrix.reserve(matrix.rowCount + added.size);
  }

  async function set(entries: readonly VectorEntry[]): Promise<void> {
    checkUsable();
    await lock.exclusive(async () => {
      checkUsable();
      await checkEntries(entries);
      await write(() =>
        inSlices(entries, ({ id, embedding }) => {
          matrix.put(id, toUnitEmbedding(embedding, dimensions, `The embedding of id ${id}`));
        }),
      );
    });
  }

  async function remove(ids: readonly number[]): Promise<void> {
    checkUsable();
    await lock.exclusive(async () => {
      checkUsable();
      await write(() => inSlices(ids, (id) => matrix.remove(id)));
    });
  }

  async function search(query: Float32Array, wanted: VectorSearchOptions): Promise<VectorMatch[]> {
    checkUsable();
    checkLimit(wanted.limit);
    const { limit, minSimilarity = -1 } = wanted;
    if (Number.isNaN(minSimilarity)) {
      throw new KeepsightError("bad_request", "The least similarity of a search is not a number.");
    }
    // Copied now, so that the caller may go on with its query and filter while the search waits its turn.
    const unit = toUnitEmbedding(query, dimensions, "The query");
    const allowed = wanted.allowed && structuredClone(wanted.allowed.chunks);
    return lock.shared(async () => {
      checkUsable();
      const { rowCount } = matrix;
      if (limit === 0 || rowCount === 0 || allowed?.size === 0) return [];
      return searchShares({ unit, limit, minSimilarity, allowed, rowCount });
    });
  }

  /** Gives each thread an equal share of the blocks and merges what they find. */
  async function searchShares(query: Omit<MatrixQuery, "firstBlock" | "endBlock">): Promise<VectorMatch[]> {
    const blocks = Math.ceil(query.rowCount / BLOCK_ROWS);
    const shares = searchThreads.map(async (thread, i) => {
      const firstBlock = Math.floor((blocks * i) / threads);
      const endBlock = Math.floor((blocks * (i + 1)) / threads);
      return firstBlock === endBlock ? [] : thread.search({ ...query, firstBlock, endBlock });
    });
    const matches = await Promise.all(shares);
    return matches.length === 1 ? matches[0]! : matches.flat().sort(compareMatches).slice(0, query.limit);
  }

  async function close(): Promise<void> {
    await lock.exclusive(async () => {
      await Promise.all(searchThreads.map((thread) => thread.close()));
      matrix.close();
    });
  }

  return {
    modelId,
    dimensions,
    get size() {
      return matrix.rowCount;
    },
    set,
    remove,
    search,
    get: (id) => matrix.get(id),
    close: () => (closing ??= close()),
  };
}

function checkId(id: number): void {
  if (!Bitmap.isId(id)) {
    throw new KeepsightError(
      "bad_request",
      `Id ${id} of an embedding is not an integer between 0 and 2³²−1.`,
    );
  }
}

function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 0 || limit > MAXIMUM_LIMIT) {
    throw new KeepsightError(
      "bad_request",
      `A vector search cannot give ${limit} matches; ask for 0 to ${MAXIMUM_LIMIT}.`,
    );
  }
}
