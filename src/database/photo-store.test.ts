import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NOT_WANTED } from "../core/photo-analysis.ts";
import { createFolderStore } from "./folder-store.ts";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "./open-test-database.ts";

let test: TestDatabase;
beforeEach(async () => {
  test = await openTestDatabase();
});
afterEach(() => test.remove());

const scan = (path: string, modifiedAtMs = 1000) => ({ path, byteSize: 10, modifiedAtMs });
const done = { status: "done", modelId: "m", durationMs: 1 } as const;

/** Adds a photo with this wall clock. */
async function addTaken(path: string, takenAtLocal: string, utcOffsetMinutes?: number): Promise<number> {
  const [id = 0] = await test.photos.insertPhotos([scan(path)]);
  const offset = utcOffsetMinutes === undefined ? {} : { utcOffsetMinutes };
  const metadata = { takenAtLocal, ...offset, keywords: [], faceRegions: [] };
  await test.analyses.saveAnalysis(id, 1, makeAnalysis({ metadata }, { preprocessing: done }), []);
  return id;
}

describe("createPhotoStore", () => {
  it("gives ids in the order of the paths and keeps the row of a path already there", async () => {
    const [a, b] = await test.photos.insertPhotos([scan("/p/a.jpg"), scan("/p/b.jpg")]);
    const again = await test.photos.insertPhotos([scan("/p/c.jpg"), scan("/p/b.jpg", 9), scan("/p/a.jpg")]);
    expect(again.slice(1)).toEqual([b, a]);
    expect(await test.photos.count({})).toBe(3);
    expect(await test.photos.get(b ?? 0)).toMatchObject({
      modifiedAtMs: 1000,
      fileName: "b.jpg",
      status: "pending",
    });
  });

  it("inserts thousands at once", async () => {
    const photos = Array.from({ length: 3001 }, (_, i) => scan(`/p/${i}.jpg`));
    const ids = await test.photos.insertPhotos(photos);
    expect(new Set(ids).size).toBe(3001);
    const known = await test.photos.findByPaths(photos.map(({ path }) => path));
    expect(known.get("/p/3000.jpg")?.id).toBe(ids[3000]);
  });

  it("leaves out what was never recorded", async () => {
    const [id = 0] = await test.photos.insertPhotos([scan("/p/a.jpg")]);
    const photo = await test.photos.get(id);
    expect(photo).not.toHaveProperty("latitude");
    expect(await test.photos.get(id + 1)).toBeUndefined();
  });

  it("finds an upload by the id its client gave", async () => {
    const [id] = await test.photos.insertPhotos([{ ...scan("/u/1"), isUpload: true, externalId: "abc" }]);
    expect(await test.photos.findByExternalId("abc")).toMatchObject({ id, isUpload: 1 });
    await expect(test.photos.insertPhotos([{ ...scan("/u/2"), externalId: "abc" }])).rejects.toMatchObject({
      code: "conflict",
    });
    expect(await test.photos.count({})).toBe(1);
  });

  it("lists newest first by the calendar at the place of the photo", async () => {
    const noon = await addTaken("/p/noon.jpg", "2024-05-01T12:00:00");
    // 30 April in UTC, 1 May in Tokyo; and the other way round in New York.
    const tokyo = await addTaken("/p/tokyo.jpg", "2024-05-01T08:00:00", 540);
    const newYork = await addTaken("/p/new-york.jpg", "2024-04-30T22:00:00", -240);
    const list = await test.photos.list({}, { sort: "newest", limit: 10, offset: 0 });
    expect(list.map(({ id }) => id)).toEqual([noon, tokyo, newYork]);
    const reversed = await test.photos.list({}, { sort: "oldest", limit: 2, offset: 1 });
    expect(reversed.map(({ id }) => id)).toEqual([tokyo, noon]);
    expect(await test.photos.dayBuckets({})).toEqual([
      { day: "2024-05-01", count: 2 },
      { day: "2024-04-30", count: 1 },
    ]);
  });

  it("sorts photos from before 1970 by their day", async () => {
    await addTaken("/p/old.jpg", "1962-12-31T23:59:59");
    expect(await test.photos.dayBuckets({})).toEqual([{ day: "1962-12-31", count: 1 }]);
  });

  it("keeps the order of asked ids and leaves out unknown ones", async () => {
    const ids = await test.photos.insertPhotos([scan("/p/a.jpg"), scan("/p/b.jpg"), scan("/p/c.jpg")]);
    const asked = [ids[2] ?? 0, 999, ids[0] ?? 0];
    expect((await test.photos.getMany(asked)).map(({ id }) => id)).toEqual([ids[2], ids[0]]);
  });

  it("puts a changed file's steps back to pending under a new content version", async () => {
    const id = await addTaken("/p/a.jpg", "2024-05-01T12:00:00");
    await test.photos.markChanged(id, { byteSize: 77, modifiedAtMs: 2000 });
    const details = await test.analyses.getDetails(id);
    expect(details?.photo).toMatchObject({ contentVersion: 2, status: "pending", byteSize: 77 });
    expect(details?.steps).toMatchObject([{ step: "preprocessing", status: "pending", modelId: "m" }]);
  });

  it("leaves a step alone that was not wanted, when the file changes", async () => {
    const id = await addTaken("/p/a.jpg", "2024-05-01T12:00:00");
    const unwanted = { status: "skipped", errorCode: NOT_WANTED, durationMs: 0 } as const;
    await test.analyses.saveStep(id, 1, "ocr", unwanted);
    await test.photos.markChanged(id, { byteSize: 77, modifiedAtMs: 2000 });
    const steps = (await test.analyses.getDetails(id))?.steps.map(({ step, status }) => [step, status]);
    expect(steps?.toSorted()).toEqual([
      ["ocr", "skipped"],
      ["preprocessing", "pending"],
    ]);
  });

  it("gives photos of one content with the missing ones first", async () => {
    const ids = await test.photos.insertPhotos(
      ["/p/a.jpg", "/p/b.jpg", "/p/c.jpg"].map((path) => scan(path)),
    );
    const imohash = "b".repeat(32);
    for (const id of ids) {
      await test.analyses.saveAnalysis(
        id,
        1,
        makeAnalysis({ fingerprints: { imohash } }, { hash: done }),
        [],
      );
    }
    await test.photos.markMissing([ids[1]!]);
    const found = await test.photos.findByFingerprint(imohash, 10);
    expect(found.map(({ id }) => id)).toEqual([ids[1], ids[0], ids[2]]);
  });

  it("hides missing and removed photos from lists, and brings them back", async () => {
    const [a = 0, b = 0] = await test.photos.insertPhotos([scan("/p/a.jpg"), scan("/p/b.jpg")]);
    await test.photos.markMissing([a]);
    await test.photos.hide(b, "test");
    expect(await test.photos.count({})).toBe(0);
    expect(await test.photos.count({ includeMissing: true })).toBe(1);
    const [first] = await test.photos.list({ includeMissing: true }, { sort: "newest", limit: 1, offset: 0 });
    const since = first?.missingSince;
    await test.photos.markMissing([a]);
    expect((await test.photos.get(a))?.missingSince).toBe(since);
    await test.photos.markFound([a]);
    await test.photos.unhide([b]);
    expect(await test.photos.count({})).toBe(2);
  });

  it("recognises a moved file by its content, and finds it by its new name only", async () => {
    const [id = 0] = await test.photos.insertPhotos([scan("/p/Lighthouse.jpg")]);
    const imohash = "a".repeat(32);
    await test.analyses.saveAnalysis(id, 1, makeAnalysis({ fingerprints: { imohash } }, { hash: done }), []);
    expect(await test.photos.findHashedSizes([9, 10, 11])).toEqual(new Set([10]));
    expect(await test.photos.findByFingerprint(imohash, 11)).toEqual([]);
    expect(await test.photos.findByFingerprint(imohash, 10)).toMatchObject([{ id }]);
    await test.photos.moveTo(id, scan("/p/new/Harbour.jpg", 5));
    expect(await test.photos.get(id)).toMatchObject({ path: "/p/new/Harbour.jpg", fileName: "Harbour.jpg" });
    const search = async (query: string) => (await test.textIndex.search(query, { limit: 5 })).length;
    expect(await search("harbour")).toBe(1);
    expect(await search("lighthouse")).toBe(0);
  });

  it("refuses to move a photo to another one's path", async () => {
    const [a = 0] = await test.photos.insertPhotos([scan("/p/a.jpg"), scan("/p/b.jpg")]);
    await expect(test.photos.moveTo(a, scan("/p/b.jpg"))).rejects.toMatchObject({ code: "conflict" });
    expect((await test.photos.get(a))?.path).toBe("/p/a.jpg");
  });

  it("does not set a status for content that changed meanwhile", async () => {
    const [id = 0] = await test.photos.insertPhotos([scan("/p/a.jpg")]);
    await test.photos.setStatus(id, 1, "processing_ocr");
    expect((await test.photos.get(id))?.status).toBe("processing_ocr");
    await test.photos.setStatus(id, 2, "processing_faces");
    expect((await test.photos.get(id))?.status).toBe("processing_ocr");
  });

  it("pages through the photos of a folder", async () => {
    const folders = createFolderStore({ database: test.database });
    const folder = await folders.add("/p");
    const other = await folders.add("/q");
    const paths = ["/p/1", "/p/2", "/p/3"];
    const ids = await test.photos.insertPhotos(paths.map((path) => ({ ...scan(path), folderId: folder.id })));
    await test.photos.insertPhotos([{ ...scan("/q/1"), folderId: other.id }]);
    const first = await test.photos.listKnown(folder.id, 0, 2);
    const rest = await test.photos.listKnown(folder.id, first.at(-1)?.id ?? 0, 2);
    expect([...first, ...rest].map(({ id }) => id)).toEqual(ids);
  });

  it("counts the library", async () => {
    await addTaken("/p/a.jpg", "2024-05-01T12:00:00");
    const [b = 0] = await test.photos.insertPhotos([scan("/p/b.jpg")]);
    await test.photos.markMissing([b]);
    expect(await test.photos.stats()).toMatchObject({
      photos: 2,
      missing: 1,
      byteSize: 20,
      byStatus: { completed: 1, pending: 1 },
      byFormat: { unknown: 2 },
      faces: 0,
      photosWithText: 0,
      photosWithGps: 0,
    });
  });

  it("counts an empty library", async () => {
    expect(await test.photos.stats()).toMatchObject({ photos: 0, byteSize: 0, byStatus: {}, byFormat: {} });
  });
});
