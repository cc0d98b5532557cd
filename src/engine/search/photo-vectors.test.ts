import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createEmbeddingStore, type EmbeddingStore } from "../../database/embedding-store.ts";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "../../database/open-test-database.ts";
import { createMemoryVectorIndex } from "../../database/vector-index/memory-vector-index.ts";
import { createPhotoVectors, type PhotoVectors } from "./photo-vectors.ts";

const DIMENSIONS = 8;
/** More than are read at a time. */
const MANY = 2100;

let test: TestDatabase;
let stored: EmbeddingStore;
let ids: readonly number[];
beforeAll(async () => {
  test = await openTestDatabase();
  stored = createEmbeddingStore({ database: test.database });
  const files = Array.from({ length: MANY }, (_, i) => ({
    path: `/p/${i}.jpg`,
    byteSize: 1,
    modifiedAtMs: 1,
  }));
  ids = await test.photos.insertPhotos(files);
  for (const i of [0, 1, 2]) await store(ids[i]!, "old", unit(i));
  await fillTable("new");
}, 60_000);
afterAll(() => test.remove());

let vectors: PhotoVectors;
beforeEach(() => {
  vectors = open(stored);
});
afterEach(() => vectors.close());

function open(embeddings: EmbeddingStore): PhotoVectors {
  const createIndex = (modelId: string, dimensions: number) =>
    createMemoryVectorIndex({ modelId, dimensions, precision: "f32" });
  return createPhotoVectors({ embeddings, createIndex });
}

/** A unit vector along one of the axes. */
const unit = (axis: number) => Float32Array.from({ length: DIMENSIONS }, (_, i) => Number(i === axis));

async function store(photoId: number, modelId: string, embedding: Float32Array): Promise<void> {
  const analysis = makeAnalysis(
    { embedding: { modelId, embedding } },
    { embeddings: { status: "done", modelId, durationMs: 0 } },
  );
  await test.analyses.saveAnalysis(photoId, 1, analysis, []);
}

/** Gives every photo an embedding of a model, without the cost of an analysis each. */
async function fillTable(modelId: string): Promise<void> {
  const bytes = new Uint8Array(unit(0).buffer);
  const rows = ids.map((id) => ({
    ownerKind: "photo" as const,
    ownerId: id,
    photoId: id,
    modelId,
    dimensions: DIMENSIONS,
    embedding: bytes,
  }));
  for (let i = 0; i < rows.length; i += 500)
    await test.database.writes
      .insertInto("embeddings")
      .values(rows.slice(i, i + 500))
      .execute();
}

const nearest = async (axis: number) => (await vectors.index()!.search(unit(axis), { limit: 1 }))[0];

describe("createPhotoVectors", () => {
  it("has no index before anything is loaded", () => {
    expect(vectors.index()).toBeUndefined();
    expect(vectors.isComplete()).toBe(false);
  });

  it("loads the stored embeddings of one model, page by page", async () => {
    await vectors.load("new");
    expect(vectors.index()).toMatchObject({ modelId: "new", size: MANY, dimensions: DIMENSIONS });
    expect(vectors.isComplete()).toBe(true);
  });

  it("is complete and empty for a model that has seen no photo", async () => {
    await vectors.load("unused");
    expect(vectors.index()).toBeUndefined();
    expect(vectors.isComplete()).toBe(true);
    await vectors.set(ids[0]!, "unused", unit(0));
    expect(vectors.index()?.size).toBe(1);
  });

  it("adds and replaces embeddings of the model in use, and leaves others alone", async () => {
    await vectors.load("old");
    await vectors.set(ids[0]!, "old", unit(5));
    await vectors.set(ids[9]!, "old", unit(6));
    await vectors.set(ids[1]!, "other", unit(7));
    expect(vectors.index()?.size).toBe(4);
    expect(await nearest(5)).toEqual({ id: ids[0], similarity: 1 });
    expect(await nearest(6)).toEqual({ id: ids[9], similarity: 1 });
    expect((await nearest(7))?.similarity).toBe(0);
  });

  it("replaces the index when another model is used", async () => {
    await vectors.load("old");
    const before = vectors.index()!;
    await vectors.load("new");
    expect(vectors.index()).toMatchObject({ modelId: "new", size: MANY });
    await expect(before.search(unit(0), { limit: 1 })).rejects.toMatchObject({ code: "unavailable" });
  });

  it("goes on with the former model until the next one's embeddings are loaded and committed", async () => {
    await vectors.load("old");
    const seen: (string | undefined)[] = [];
    await vectors.load("new", async () => {
      seen.push(vectors.index()?.modelId);
      expect((await nearest(1))?.id).toBe(ids[1]);
      // A photo that the next model has just seen is in its index afterwards.
      await vectors.set(ids[0]!, "new", unit(4));
    });
    expect([...seen, vectors.index()?.modelId]).toEqual(["old", "new"]);
    expect(await nearest(4)).toEqual({ id: ids[0], similarity: 1 });
  });

  it("stays with the former model when the change cannot be committed", async () => {
    await vectors.load("old");
    const refused = vectors.load("new", async () => {
      throw new Error("The disk is full.");
    });
    await expect(refused).rejects.toThrow("full");
    expect(vectors.index()).toMatchObject({ modelId: "old", size: 3 });
    await vectors.load("new");
    expect(vectors.index()?.modelId).toBe("new");
  });

  it("lets a search that met the end of an index go on with its successor", async () => {
    await vectors.load("old");
    const seen: (string | undefined)[] = [];
    const found = await vectors.use(async (index) => {
      seen.push(index?.modelId);
      if (index?.modelId === "old") await vectors.load("new");
      return index!.search(unit(0), { limit: 1 });
    });
    expect(seen).toEqual(["old", "new"]);
    expect(found).toHaveLength(1);
  });

  it("forgets a photo whose content the former model has not seen", async () => {
    const missing: EmbeddingStore = { ...stored, get: async () => undefined };
    vectors = open(missing);
    await vectors.load("old");
    await vectors.set(ids[1]!, "new", unit(1));
    expect(vectors.index()?.get(ids[1]!)).toBeUndefined();
    expect(vectors.index()?.size).toBe(2);
  });

  it("keeps what is newer than what is being loaded", async () => {
    // The page is read from the table, then a photo is analysed anew, then the page arrives.
    const slow: EmbeddingStore = {
      ...stored,
      async readPage(options) {
        const page = await stored.readPage(options);
        if (options.afterOwnerId === 0) await vectors.set(ids[0]!, "old", unit(5));
        return page;
      },
    };
    vectors = open(slow);
    await vectors.load("old");
    expect(vectors.index()?.size).toBe(3);
    expect(await nearest(5)).toEqual({ id: ids[0], similarity: 1 });
  });

  it("follows the last of two loads that overlap, and is complete only with it", async () => {
    const gate = Promise.withResolvers<void>();
    const slow: EmbeddingStore = {
      ...stored,
      async readPage(options) {
        if (options.modelId === "new") await gate.promise;
        return stored.readPage(options);
      },
    };
    vectors = open(slow);
    const first = vectors.load("old");
    const second = vectors.load("new");
    await first;
    expect(vectors.isComplete()).toBe(false);
    gate.resolve();
    await second;
    expect(vectors.index()).toMatchObject({ modelId: "new", size: MANY });
    expect(vectors.isComplete()).toBe(true);
  });
});
