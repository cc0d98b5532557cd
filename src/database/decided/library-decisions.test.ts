import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "../open-test-database.ts";
import { createTagStore } from "../tag-store.ts";
import { createLibraryDecisions, type LibraryDecisions } from "./library-decisions.ts";

let test: TestDatabase;
let decisions: LibraryDecisions;
beforeEach(async () => {
  test = await openTestDatabase();
  decisions = createLibraryDecisions({
    database: test.database,
    onPhotosChanged: (transaction, photoIds) => test.textIndex.update(transaction, photoIds),
  });
});
afterEach(() => test.remove());

async function addPhotos(count: number): Promise<readonly number[]> {
  return test.photos.insertPhotos(
    Array.from({ length: count }, (_, i) => ({
      path: `/p/${i}.jpg`,
      byteSize: 10 + i,
      modifiedAtMs: 1000 * i,
    })),
  );
}

/** What an analysis finds in a photo: a dog, say its model and its keywords, and two stars. */
async function analyse(photoId: number): Promise<void> {
  const done = (modelId: string) => ({ status: "done" as const, modelId, durationMs: 1 });
  const analysis = makeAnalysis(
    {
      format: "jpeg",
      width: 100,
      height: 80,
      tags: [{ name: "dog", score: 0.8 }],
      metadata: { keywords: ["Dog", "holiday"], faceRegions: [], rating: 2, title: "IMG 1" },
    },
    { preprocessing: done("p"), tags: done("t") },
  );
  expect(await test.analyses.saveAnalysis(photoId, 1, analysis, [])).toBe(true);
}

const tagsOf = async (photoId: number) =>
  (await test.analyses.getDetails(photoId))!.tags
    .map(({ name, source }) => `${name.toLowerCase()} ${source}`)
    .toSorted();

describe("decisions about photos", () => {
  it("overrule what the file says, also after another analysis, until they are taken back", async () => {
    const [id = 0] = await addPhotos(1);
    await analyse(id);
    const changes = { rating: 5, title: "Rex", isFavourite: true };
    const { decision } = await decisions.decide({ kind: "photo.update", photoIds: [id], changes }, "user");
    await analyse(id);
    expect(await test.photos.get(id)).toMatchObject({ rating: 5, title: "Rex", isFavourite: 1 });
    const undo = await decisions.undo(decision.id, "user");
    expect(await test.photos.get(id)).toMatchObject({ rating: 2, title: "IMG 1", isFavourite: 0 });
    await decisions.undo(undo.decision.id, "user");
    expect(await test.photos.get(id)).toMatchObject({ rating: 5, title: "Rex", isFavourite: 1 });
  });

  it("take a value back to the file's with null, and away with nothing", async () => {
    const [id = 0] = await addPhotos(1);
    await analyse(id);
    const update = (changes: object) =>
      decisions.decide({ kind: "photo.update", photoIds: [id], changes }, "user");
    await update({ rating: 4, title: "" });
    const empty = await test.photos.get(id);
    expect(empty).toMatchObject({ rating: 4 });
    expect(empty).not.toHaveProperty("title");
    await update({ rating: null, title: null });
    expect(await test.photos.get(id)).toMatchObject({ rating: 2, title: "IMG 1" });
  });

  it("take tags off whoever put them on, keep them off, and give them back when undone", async () => {
    const [id = 0] = await addPhotos(1);
    await analyse(id);
    const before = await tagsOf(id);
    expect(before).toEqual(["dog metadata", "dog model", "holiday metadata"]);
    const { decision } = await decisions.decide(
      { kind: "photo.update", photoIds: [id], changes: { removeTags: ["DOG"], addTags: ["Wolf "] } },
      "user",
    );
    expect(await tagsOf(id)).toEqual(["holiday metadata", "wolf human"]);
    await analyse(id);
    expect(await tagsOf(id)).toEqual(["holiday metadata", "wolf human"]);
    await decisions.undo(decision.id, "user");
    expect(await tagsOf(id)).toEqual(before);
  });

  it("can be undone in any order: what is left of the later ones still counts", async () => {
    const [id = 0] = await addPhotos(1);
    const tag = (names: object) =>
      decisions.decide({ kind: "photo.update", photoIds: [id], changes: names }, "user");
    const first = await tag({ addTags: ["a", "b"] });
    const second = await tag({ removeTags: ["a"] });
    await decisions.undo(first.decision.id, "user");
    expect(await tagsOf(id)).toEqual([]);
    await decisions.undo(second.decision.id, "user");
    expect(await tagsOf(id)).toEqual([]);
    await tag({ addTags: ["a"] });
    expect(await tagsOf(id)).toEqual(["a human"]);
  });

  it("hide photos, and show just those again that no other decision hides", async () => {
    const [a = 0, b = 0] = await addPhotos(2);
    await test.photos.hide(a, "user");
    const hiding = { kind: "photo.update", photoIds: [a, b], changes: { isHidden: true } } as const;
    const { decision } = await decisions.decide(hiding, "user");
    for (const id of [a, b]) expect((await test.photos.get(id))!.hiddenAt).toBeDefined();
    expect((await test.photos.get(b))!.hiddenBy).toBe(decision.id);
    await decisions.undo(decision.id, "user");
    expect((await test.photos.get(a))!.hiddenAt).toBeDefined();
    expect((await test.photos.get(b))!.hiddenAt).toBeUndefined();
  });

  it("take back the tags that came with an upload", async () => {
    const [id = 0] = await addPhotos(1);
    await createTagStore(test).decideTags(id, ["sea", " "], "api");
    expect(await tagsOf(id)).toEqual(["sea human"]);
    await decisions.undo(1, "user");
    expect(await tagsOf(id)).toEqual([]);
  });

  it("change nothing when a photo is unknown or a tag is added and removed at once", async () => {
    const [id = 0] = await addPhotos(1);
    const change = (photoIds: readonly number[], changes: object) =>
      decisions.decide({ kind: "photo.update", photoIds, changes }, "user");
    await expect(change([id, 99], { rating: 1 })).rejects.toMatchObject({ code: "not_found" });
    await expect(change([id], { addTags: ["x"], removeTags: ["X"] })).rejects.toMatchObject({
      code: "bad_request",
    });
    await expect(change([id], {})).rejects.toMatchObject({ code: "bad_request" });
    await expect(change([], { rating: 1 })).rejects.toMatchObject({ code: "bad_request" });
    expect(await test.database.reads.selectFrom("decisions").selectAll().execute()).toEqual([]);
  });

  it("are found by the new words at once", async () => {
    const [id = 0] = await addPhotos(1);
    await decisions.decide(
      {
        kind: "photo.update",
        photoIds: [id],
        changes: { addTags: ["zeppelin"], description: "Over the lake" },
      },
      "user",
    );
    for (const word of ["zeppelin", "lake"]) {
      const hits = await test.textIndex.search(word, { limit: 5 });
      expect(
        hits.map(({ photoId }) => photoId),
        word,
      ).toEqual([id]);
    }
  });
});

describe("decisions about albums", () => {
  const albumId = "0b9c6a3e-1111-4222-8333-444455556666";
  const photosIn = async () =>
    (await test.database.reads.selectFrom("albumPhotos").select("photoId").orderBy("photoId").execute()).map(
      ({ photoId }) => photoId,
    );

  it("make, fill, rename and delete one, each step with a way back", async () => {
    const [a = 0, b = 0, c = 0] = await addPhotos(3);
    const made = await decisions.decide(
      { kind: "album.create", albumId, title: " Trip ", photoIds: [a] },
      "user",
    );
    await decisions.decide({ kind: "album.add", albumId, photoIds: [b, c] }, "user");
    const removed = await decisions.decide({ kind: "album.remove", albumId, photoIds: [a] }, "user");
    expect(await photosIn()).toEqual([b, c]);
    await decisions.undo(removed.decision.id, "user");
    expect(await photosIn()).toEqual([a, b, c]);
    await decisions.decide(
      { kind: "album.update", albumId, changes: { title: "Norway", coverPhotoId: b } },
      "user",
    );
    const gone = await decisions.decide({ kind: "album.delete", albumId }, "user");
    await expect(
      decisions.decide({ kind: "album.add", albumId, photoIds: [a] }, "user"),
    ).rejects.toMatchObject({
      code: "not_found",
    });
    await decisions.undo(gone.decision.id, "user");
    expect(await test.database.reads.selectFrom("albums").selectAll().execute()).toMatchObject([
      { id: albumId, kind: "made", title: "Norway", coverPhotoId: b, isDeleted: 0 },
    ]);
    const undo = await decisions.undo(made.decision.id, "user");
    expect(await test.database.reads.selectFrom("albums").selectAll().execute()).toEqual([]);
    await decisions.undo(undo.decision.id, "user");
    expect(await photosIn()).toEqual([a, b, c]);
  });

  it("refuse a cover that is not in it", async () => {
    const [a = 0, b = 0] = await addPhotos(2);
    await decisions.decide({ kind: "album.create", albumId, title: "Trip", photoIds: [a] }, "user");
    await expect(
      decisions.decide({ kind: "album.update", albumId, changes: { coverPhotoId: b } }, "user"),
    ).rejects.toMatchObject({ code: "conflict" });
  });
});

describe("decisions about categories", () => {
  const categories = async () =>
    Object.fromEntries(
      (await createTagStore(test).categories()).map(({ name, tags }) => [name, [...tags].toSorted()]),
    );

  it("change the seeds and take that back", async () => {
    const before = await categories();
    const { id } = await test.database.reads
      .selectFrom("categories")
      .select("id")
      .where("name", "=", "food")
      .executeTakeFirstOrThrow();
    const change = await decisions.decide(
      { kind: "category.update", categoryId: id, changes: { name: "Eating", tags: ["pizza", "ramen"] } },
      "user",
    );
    expect(await categories()).toMatchObject({ Eating: ["pizza", "ramen"] });
    const gone = await decisions.decide({ kind: "category.delete", categoryId: id }, "user");
    expect(Object.keys(await categories())).not.toContain("Eating");
    await decisions.undo(gone.decision.id, "user");
    await decisions.undo(change.decision.id, "user");
    expect(await categories()).toEqual(before);
  });

  it("name the photos to which a new mapping makes a difference, and no others", async () => {
    const [dog = 0, cat = 0] = await addPhotos(2);
    const tag = (id: number, name: string) =>
      decisions.decide({ kind: "photo.update", photoIds: [id], changes: { addTags: [name] } }, "user");
    await tag(dog, "dog");
    await tag(cat, "cat");
    const create = { kind: "category.create", name: "Pets", tags: ["dog"] } as const;
    const categoryId = await decisions.nextCategoryId();
    expect((await decisions.decide({ ...create, categoryId }, "user")).photoIds).toEqual([dog]);
    const more = { kind: "category.update", categoryId, changes: { tags: ["dog", "cat"] } } as const;
    expect((await decisions.decide(more, "user")).photoIds).toEqual([cat]);
  });

  it("never use an id twice, and refuse a name that comes back to another's", async () => {
    const create = async (name: string) => {
      const categoryId = await decisions.nextCategoryId();
      return {
        categoryId,
        ...(await decisions.decide({ kind: "category.create", categoryId, name, tags: [] }, "user")),
      };
    };
    const first = await create("Pets");
    await decisions.undo(first.decision.id, "user");
    const second = await create("pets");
    expect(second.categoryId).toBe(first.categoryId + 1);
    await expect(decisions.undo(3 - 1, "user")).rejects.toMatchObject({ code: "conflict" });
    await expect(create("PETS")).rejects.toMatchObject({ code: "conflict" });
  });
});

describe("names of categories", () => {
  it("find the photos of the category, as long as it has their tags", async () => {
    const [id = 0] = await addPhotos(1);
    await analyse(id);
    const find = async (text: string) =>
      (await test.textIndex.search(text, { limit: 10 })).map(({ photoId }) => photoId);
    expect(await find("menagerie")).toEqual([]);
    const categoryId = await decisions.nextCategoryId();
    const created = await decisions.decide(
      { kind: "category.create", categoryId, name: "Menagerie", tags: ["dog"] },
      "user",
    );
    expect(await find("menagerie")).toEqual([id]);
    await decisions.decide({ kind: "category.update", categoryId, changes: { name: "Zoo" } }, "user");
    expect(await find("menagerie")).toEqual([]);
    expect(await find("zoo")).toEqual([id]);
    await decisions.undo(created.decision.id, "user");
    expect(await find("zoo")).toEqual([]);
  });
});
