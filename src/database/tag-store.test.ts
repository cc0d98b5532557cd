import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDecisionStore } from "./decision-store.ts";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "./open-test-database.ts";
import { createTagStore, type TagStore } from "./tag-store.ts";

let test: TestDatabase;
let tags: TagStore;
let ids: readonly number[];
const done = { status: "done", modelId: "m", durationMs: 1 } as const;
const box = { x: 0, y: 0, width: 1, height: 1 };

beforeAll(async () => {
  test = await openTestDatabase();
  tags = createTagStore({ database: test.database, textIndex: test.textIndex });
  ids = await test.photos.insertPhotos(
    [1, 2, 3].map((n) => ({ path: `/p/${n}`, byteSize: 1, modifiedAtMs: 1 })),
  );
  for (const [i, id] of ids.entries()) {
    const objects = [
      { label: "hot dog", score: 0.9, normalizedBox: box },
      ...(i > 0 ? [{ label: "pizza", score: 0.8, normalizedBox: box }] : []),
    ];
    const metadata = { keywords: i === 0 ? ["Pizza", "100%"] : [], faceRegions: [] };
    await test.analyses.saveAnalysis(
      id,
      1,
      makeAnalysis({ objects, metadata }, { objects: done, preprocessing: done }),
      [],
    );
  }
  await test.photos.markMissing([ids[2] ?? 0]);
});
afterAll(() => test.remove());

describe("createTagStore", () => {
  it("counts each tag once a photo in sight, most frequent first", async () => {
    expect(await tags.list({ limit: 9, offset: 0 })).toMatchObject([
      { name: "hot dog", photos: 2 },
      { name: "pizza", photos: 2 },
      { name: "100%", photos: 1 },
    ]);
    expect(await tags.list({ limit: 1, offset: 2 })).toMatchObject([{ name: "100%" }]);
  });

  it("completes names and later words of names, whatever the case", async () => {
    const names = async (prefix: string) => (await tags.suggest(prefix, 9)).map(({ name }) => name);
    expect(await names("PI")).toEqual(["pizza"]);
    expect(await names("do")).toEqual(["hot dog"]);
    expect(await names("og")).toEqual([]);
    expect(await names("100%")).toEqual(["100%"]);
    expect(await names("%")).toEqual([]);
    expect(await names("_")).toEqual([]);
  });

  it("counts categories by their tags", async () => {
    const categories = await tags.categories();
    expect(categories.map(({ name, photos }) => [name, photos])).toEqual([
      ["electronics", 0],
      ["food", 2],
      ["landscape", 0],
      ["documents", 0],
      ["people", 0],
    ]);
    expect(categories[1]?.tags).toContain("pizza");
  });

  it("counts object labels", async () => {
    expect(await tags.objectLabels()).toEqual([
      { label: "hot dog", photos: 2 },
      { label: "pizza", photos: 1 },
    ]);
  });

  it("puts a human's tags on a photo, to be found and remembered as a decision", async () => {
    const [id = 0] = ids;
    await tags.decideTags(id, ["Grandma's garden"], "ada");
    const hits = await test.textIndex.search("garden", { limit: 5 });
    expect(hits.map(({ photoId }) => photoId)).toEqual([id]);
    const [decision] = await createDecisionStore({ database: test.database }).list({ limit: 1, offset: 0 });
    expect(decision).toMatchObject({ kind: "photo.tag", actor: "ada" });
  });
});
