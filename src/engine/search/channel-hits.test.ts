import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEmbeddingStore } from "../../database/embedding-store.ts";
import { createObjectStore } from "../../database/object-store.ts";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "../../database/open-test-database.ts";
import { createPhotoPages } from "../../database/photo-pages.ts";
import { createMemoryVectorIndex } from "../../database/vector-index/memory-vector-index.ts";
import { createFindTaught } from "../concepts/find-taught.ts";
import { createPhotoVectors } from "./photo-vectors.ts";
import { createPhotoSearch, type PhotoSearch } from "./search-photos.ts";

/** Photos that have the word in their names: more than a channel of pages would look through. */
const NAMED = 650;
const WRITTEN = 5;

let test: TestDatabase;
let search: PhotoSearch;
let written: readonly number[];
beforeAll(async () => {
  test = await openTestDatabase();
  const { photos, analyses, textIndex, database } = test;
  const scanned = (name: string) => ({ path: `/p/${name}.jpg`, byteSize: 1, modifiedAtMs: 1 });
  written = await photos.insertPhotos(Array.from({ length: WRITTEN }, (_, i) => scanned(`w${i}`)));
  await photos.insertPhotos(Array.from({ length: NAMED }, (_, i) => scanned(`exit ${i}`)));
  for (const id of written) {
    // Only a part of a word: after all photos that have the word itself.
    const textLines = [{ text: "EXITING", score: 1, normalizedQuad: [0, 0, 1, 0, 1, 1, 0, 1] as const }];
    const done = { status: "done", modelId: "m", durationMs: 1 } as const;
    await analyses.saveAnalysis(id, 1, makeAnalysis({ textLines }, { ocr: done }), []);
  }
  const vectors = createPhotoVectors({
    embeddings: createEmbeddingStore({ database }),
    createIndex: (modelId, dimensions) => createMemoryVectorIndex({ modelId, dimensions, precision: "f32" }),
  });
  const store = {
    list: async () => [],
    photosOf: async () => [],
    examplesOf: async () => ({ examples: [], counterexamples: [] }),
  };
  search = createPhotoSearch({
    photos,
    analyses,
    textIndex,
    vectors,
    objectVectors: vectors,
    pages: createPhotoPages(test),
    objects: createObjectStore(test),
    encoder: { encode: async () => Promise.reject(new Error("Nothing is searched by meaning here.")) },
    trust: { judge: async () => [] },
    findTaught: createFindTaught({ store, photos }),
  });
});
afterAll(() => test.remove());

describe("searchChannels", () => {
  it("finds what a channel found behind any number of others, page after page", async () => {
    const query = { text: "exit", mode: "keyword", filter: {}, limit: 2, offset: 0 } as const;
    const found: number[] = [];
    const sizes: number[] = [];
    let cursor: string | undefined;
    do {
      const answer = await search.searchChannels({ ...query, cursor }, ["text", "fuzzy"]);
      found.push(...answer.hits.map(({ photo }) => photo.id));
      sizes.push(answer.hits.length);
      for (const { reasons } of answer.hits)
        expect(reasons).toEqual([expect.objectContaining({ channel: "text", matches: ["EXITING"] })]);
      cursor = answer.nextCursor;
    } while (cursor !== undefined);
    expect(sizes).toEqual([2, 2, 1]);
    expect(found.toSorted((a, b) => a - b)).toEqual(written);
  });

  it("finds nothing where no words are given, and refuses cursors of others", async () => {
    const query = { text: " ", mode: "keyword", filter: {}, limit: 2, offset: 0 } as const;
    expect(await search.searchChannels(query, ["text"])).toEqual({ hits: [] });
    const foreign = search.searchChannels({ ...query, text: "exit", cursor: "x" }, ["text"]);
    await expect(foreign).rejects.toMatchObject({ code: "bad_request" });
  });
});
