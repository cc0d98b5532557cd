import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AlbumDetails, AlbumPage, ChangedAlbum, SpaceStats } from "../../src/api/albums.ts";
import { CategoryList, ChangedCategory } from "../../src/api/categories.ts";
import { HistoryPage } from "../../src/api/people.ts";
import { PhotosChanged } from "../../src/api/photo-changes.ts";
import { PhotoDetails, PhotoPage } from "../../src/api/photos.ts";
import { callApi } from "./call-api.ts";
import { openTestLibrary, type TestLibrary } from "./open-test-library.ts";

let test: TestLibrary;
beforeAll(async () => {
  test = await openTestLibrary();
});
afterAll(() => test.close());

const call = (method: string, path: string, body?: unknown) => callApi(test.url, method, path, body);

/** The answer of a request that must succeed, of the shape that the contract says. */
async function ask<T>(schema: { parse(value: unknown): T }, method: string, path: string, body?: unknown) {
  const { status, json } = await call(method, path, body);
  expect(status, JSON.stringify(json)).toBeLessThan(300);
  return schema.parse(json);
}

const undo = (decisionId: number) => call("POST", `/history/${decisionId}/undo`);

describe("albums made by hand", () => {
  it("are made, filled, listed, opened page by page, and go with the way back", async () => {
    const red = test.idOf("red.jpg");
    const rome = test.idOf("rome.jpg");
    const made = await ask(ChangedAlbum, "POST", "/albums", { title: "Trips", photoIds: [red] });
    expect(made).toMatchObject({ kind: "made", photoCount: 1, coverPhotoId: red, firstDay: "2023-05-06" });
    const filled = await ask(ChangedAlbum, "PUT", `/albums/${made.id}`, {
      addPhotoIds: [rome],
      coverPhotoId: rome,
      title: "Travels",
    });
    expect(filled).toMatchObject({
      title: "Travels",
      photoCount: 2,
      coverPhotoId: rome,
      isCoverChosen: true,
    });
    expect(filled.decisionIds).toHaveLength(2);
    const page = await ask(AlbumDetails, "GET", `/albums/${made.id}?pageSize=1&page=2`);
    expect(page.photos).toMatchObject({ total: 2, items: [{ id: red }] });
    expect((await ask(AlbumPage, "GET", `/albums?photo=${red}&q=trav`)).items.map(({ id }) => id)).toEqual([
      made.id,
    ]);
    expect((await ask(AlbumPage, "GET", "/albums?q=nothing")).total).toBe(0);
    const gone = (await call("DELETE", `/albums/${made.id}`)).json as { decisionId: number };
    expect((await call("GET", `/albums/${made.id}`)).status).toBe(404);
    await undo(gone.decisionId);
    await undo(filled.decisionIds[1]!);
    expect(await ask(AlbumDetails, "GET", `/albums/${made.id}`)).toMatchObject({
      title: "Trips",
      photoCount: 2,
    });
  });

  it("refuse photos and albums that are not there, and changes of nothing", async () => {
    const nobody = "/albums/00000000-0000-4000-8000-000000000000";
    expect((await call("PUT", nobody, { title: "x" })).status).toBe(404);
    expect((await call("DELETE", nobody)).status).toBe(404);
    expect((await call("GET", "/albums/17")).status).toBe(400);
    expect((await call("POST", "/albums", { title: "x", photoIds: [999_999] })).status).toBe(404);
    expect((await call("POST", "/albums", { title: "  " })).status).toBe(400);
    expect((await call("PUT", nobody, {})).status).toBe(400);
  });
});

describe("auto-albums", () => {
  it("say what is missing without a text-image model; faces work without one", async () => {
    const photos = await ask(SpaceStats, "GET", "/clusters/photos/stats");
    expect(photos).toMatchObject({ isAvailable: false, centroids: 0 });
    expect(photos.reason).toContain("text-image model");
    const training = await call("POST", "/clusters/vehicles/train", {});
    expect(training.json).toMatchObject({ code: "model_missing" });
    expect((await call("POST", "/clusters/cats/train")).status).toBe(400);
  });
});

describe("changes of photos", () => {
  const read = (name: string) => ask(PhotoDetails, "GET", `/photos/${test.idOf(name)}`);

  it("stand over the file, in lists and filters at once, and can be taken back", async () => {
    const before = await read("green.jpg");
    const change = await ask(PhotosChanged, "PUT", `/photos/${before.id}`, {
      addTags: ["meadow"],
      rating: 4,
      isFavourite: true,
      description: "After the rain",
    });
    expect(await read("green.jpg")).toMatchObject({
      isFavourite: true,
      metadata: { rating: 4, description: "After the rain" },
    });
    for (const filter of ["tag=meadow&minRating=4", "isFavourite=true"]) {
      const found = await ask(PhotoPage, "GET", `/photos?${filter}`);
      expect(
        found.items.map(({ id }) => id),
        filter,
      ).toEqual([before.id]);
    }
    const others = await ask(PhotoPage, "GET", "/photos?isFavourite=false");
    expect(others.items.map(({ id }) => id)).not.toContain(before.id);
    await undo(change.decisionId);
    expect(await read("green.jpg")).toEqual(before);
  });

  it("are carried out on many as one, or on none", async () => {
    const photoIds = [test.idOf("red.jpg"), test.idOf("green.jpg")];
    const change = await ask(PhotosChanged, "POST", "/photos/bulk", {
      photoIds,
      addTags: ["plain"],
      hide: true,
    });
    expect(change.photosChanged).toBe(2);
    const list = await ask(PhotoPage, "GET", "/photos");
    expect(list.items.some(({ id }) => photoIds.includes(id))).toBe(false);
    await undo(change.decisionId);
    expect((await ask(PhotoPage, "GET", "/photos")).total).toBe(list.total + 2);
    expect((await call("POST", "/photos/bulk", { photoIds: [...photoIds, 999_999], rating: 1 })).status).toBe(
      404,
    );
    expect((await call("POST", "/photos/bulk", { photoIds })).status).toBe(400);
    expect((await call("PUT", `/photos/${photoIds[0]}`, { rating: 9 })).status).toBe(400);
  });

  it("are in the history, in words", async () => {
    const id = test.idOf("red.jpg");
    await ask(PhotosChanged, "PUT", `/photos/${id}`, { rating: 3, addTags: ["one"], removeTags: ["two"] });
    const { items } = await ask(HistoryPage, "GET", "/history?pageSize=1");
    expect(items[0]).toMatchObject({ kind: "photo.update", canUndo: true });
    expect(items[0]!.summary).toBe("Changed 1 photo: tagged one, untagged two, 3 stars");
  });
});

describe("categories", () => {
  it("are edited with a way back, and filters follow at once", async () => {
    const id = test.idOf("rome.jpg");
    await ask(PhotosChanged, "PUT", `/photos/${id}`, { addTags: ["colosseum"] });
    const made = await ask(ChangedCategory, "POST", "/categories", { name: "Sights", tags: ["Colosseum"] });
    expect(made).toMatchObject({ photos: 1, photosAffected: 1 });
    const found = await ask(PhotoPage, "GET", "/photos?category=sights");
    expect(found.items.map((photo) => photo.id)).toEqual([id]);
    const renamed = await ask(ChangedCategory, "PUT", `/categories/${made.id}`, { name: "Places of note" });
    expect((await ask(PhotoPage, "GET", "/photos?category=sights")).total).toBe(0);
    await undo(renamed.decisionId);
    expect((await ask(PhotoPage, "GET", "/photos?category=sights")).total).toBe(1);
    expect((await call("POST", "/categories", { name: "SIGHTS" })).status).toBe(409);
    expect((await call("PUT", "/categories/9999", { name: "x" })).status).toBe(404);
    const reindex = (await call("POST", "/categories/reindex", {})) as {
      json: { photos: number; jobId: number };
    };
    expect(reindex.json.photos).toBeGreaterThanOrEqual(1);
    await call("DELETE", `/categories/${made.id}`);
    const { items } = await ask(CategoryList, "GET", "/categories");
    expect(items.map(({ name }) => name)).toEqual([
      "electronics",
      "food",
      "landscape",
      "documents",
      "people",
    ]);
  });
});
