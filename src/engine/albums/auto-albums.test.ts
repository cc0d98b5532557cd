import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AlbumSpace } from "../../core/album-space.ts";
import { createAlbumStore } from "../../database/albums/album-store.ts";
import { createSpaceStore } from "../../database/albums/space-store.ts";
import { readAlbumFacts } from "../../database/albums/title-facts.ts";
import { createLibraryDecisions } from "../../database/decided/library-decisions.ts";
import { toEmbeddingBytes } from "../../database/embedding-bytes.ts";
import { openTestDatabase, type TestDatabase } from "../../database/open-test-database.ts";
import { createSettingsStore } from "../../database/settings-store.ts";
import { createRandom } from "../../math/random.ts";
import { normalize } from "../../math/vector.ts";
import { askThread } from "../people/ask-thread.ts";
import { type AutoAlbums, createAutoAlbums } from "./auto-albums.ts";

const DIMENSIONS = 16;
const worker = new URL("./centroid-worker.ts", import.meta.url);
const context = { signal: new AbortController().signal, setProgress: async () => {} };

let test: TestDatabase;
let auto: AutoAlbums;
let models: { photo?: string; face?: string };
beforeEach(async () => {
  test = await openTestDatabase();
  models = { photo: "clip" };
  auto = createAutoAlbums({
    spaces: createSpaceStore(test),
    settings: createSettingsStore(test),
    readFacts: (space) => readAlbumFacts(test.database, space),
    servingModel: (kind) => models[kind],
    compute: {
      train: (sample, signal) => askThread(worker, sample, signal),
      assign: (task, signal) => askThread(worker, task, signal),
    },
  });
});
afterEach(() => test.remove());

/** A photo whose embedding points nearly where axis `group` does; `turn` mirrors it, as another model might. */
async function addPhoto(
  name: string,
  group: number,
  modelId = "clip",
  turn = 1,
  isDated = true,
): Promise<number> {
  const [id = 0] = await test.photos.insertPhotos([
    { path: `/p/${name}.jpg`, byteSize: 1, modifiedAtMs: Date.UTC(2024, group, 5) },
  ]);
  if (isDated) {
    const takenAtLocal = new Date(Date.UTC(2024, group, 5, 12)).toISOString().slice(0, 19);
    await test.database.writes.updateTable("photos").set({ takenAtLocal }).where("id", "=", id).execute();
  }
  await addEmbedding(id, group, modelId, turn);
  return id;
}

async function addEmbedding(id: number, group: number, modelId: string, turn = 1): Promise<void> {
  const random = createRandom(id);
  const embedding = Float32Array.from(
    { length: DIMENSIONS },
    (_, k) => (k === group ? turn : 0) + 0.1 * (random() - 0.5),
  );
  await test.database.writes
    .insertInto("embeddings")
    .values({
      ownerKind: "photo",
      ownerId: id,
      photoId: id,
      modelId,
      dimensions: DIMENSIONS,
      embedding: toEmbeddingBytes(normalize(embedding)),
    })
    .execute();
}

/** Three groups of eight photos that look alike. */
async function fill(): Promise<readonly (readonly number[])[]> {
  const groups: number[][] = [[], [], []];
  for (let i = 0; i < 24; i++) groups[i % 3]!.push(await addPhoto(`${i}`, i % 3));
  return groups;
}

const listAlbums = async (space: AlbumSpace = "photos") =>
  (await createAlbumStore(test).list({ space, sort: "title", limit: 100, offset: 0 })).items;

async function photosOf(albumId: string): Promise<readonly number[]> {
  const photos = await createAlbumStore(test).photos(albumId, { sort: "newest", limit: 100, offset: 0 });
  return photos.map(({ id }) => id).toSorted((one, other) => one - other);
}

const train = (clusterCount = 3) => auto.train("photos", { clusterCount }, context);
const albumWith = async (photoId: number) =>
  (await createAlbumStore(test).list({ photoId, sort: "title", limit: 10, offset: 0 })).items[0]!;

describe("auto-albums", () => {
  it("put together what looks alike, and name it by what and when", async () => {
    const groups = await fill();
    const decisions = createLibraryDecisions({ database: test.database, onPhotosChanged: async () => {} });
    const changes = { addTags: ["beach"] };
    await decisions.decide({ kind: "photo.update", photoIds: groups[0]!, changes }, "user");
    expect(await train()).toMatchObject({ isSkipped: false, embeddings: 24, centroids: 3, moved: 24 });
    const albums = await listAlbums();
    expect(albums.map(({ title }) => title)).toEqual(["Beach · January 2024", "February 2024", "March 2024"]);
    const contents = await Promise.all(albums.map(({ id }) => photosOf(id)));
    expect(contents).toEqual(groups);
    expect(await auto.state("photos")).toMatchObject({
      embeddings: 24,
      assigned: 24,
      centroids: 3,
      albums: 3,
    });
  });

  it("are not named by the dates of files", async () => {
    for (let i = 0; i < 24; i++) await addPhoto(`${i}`, i % 3, "clip", 1, false);
    await train();
    const titles = (await listAlbums()).map(({ title }) => title);
    expect(titles).toEqual([1, 2, 3].map((number) => `Photos that look alike (${number})`));
  });

  it("take a new photo in at once", async () => {
    const groups = await fill();
    await train();
    const id = await addPhoto("new", 1);
    expect(await auto.join(id)).toEqual([]);
    const album = await albumWith(id);
    expect(await photosOf(album.id)).toEqual([...groups[1]!, id]);
    // Analysed again: nothing changes.
    await auto.join(id);
    expect(await photosOf(album.id)).toEqual([...groups[1]!, id]);
  });

  it("keep a human's title and what a human took out, through training and a change of models", async () => {
    const groups = await fill();
    await train();
    const decisions = createLibraryDecisions({ database: test.database, onPhotosChanged: async () => {} });
    const [out, ...others] = groups[2]!;
    const { id: albumId } = await albumWith(out!);
    await decisions.decide({ kind: "album.update", albumId, changes: { title: "Mine" } }, "user");
    const removal = await decisions.decide({ kind: "album.remove", albumId, photoIds: [out!] }, "user");
    const before = (await listAlbums()).map(({ id }) => id).toSorted();
    for (const group of [0, 1, 2])
      for (const id of groups[group]!) await addEmbedding(id, group + 3, "other", -1);
    models = { photo: "other" };
    expect(await train()).toMatchObject({ isSkipped: false, moved: 0 });
    expect((await listAlbums()).map(({ id }) => id).toSorted()).toEqual(before);
    expect(await createAlbumStore(test).get(albumId)).toMatchObject({
      title: "Mine",
      autoTitle: "March 2024",
    });
    expect(await photosOf(albumId)).toEqual(others);
    await decisions.undo(removal.decision.id, "user");
    expect(await photosOf(albumId)).toEqual(groups[2]);
  });

  it("go when nothing is left of them, and lose hidden photos", async () => {
    const groups = await fill();
    await train();
    for (const id of groups[0]!) await test.photos.hide(id, "user");
    expect((await listAlbums()).length).toBe(2);
    expect(await auto.rebalance("photos", context)).toMatchObject({ isSkipped: false });
    expect(await auto.rebalance("photos", context)).toEqual({
      isSkipped: true,
      reason: "Nothing came or went since the last time.",
    });
    expect((await auto.state("photos")).embeddings).toBe(16);
  });

  it("say what is missing, and wait until there is enough", async () => {
    await addPhoto("one", 0);
    expect(await train()).toMatchObject({ isSkipped: true });
    expect(await auto.join(1)).toEqual(["photos"]);
    models = {};
    const { reason } = await auto.state("vehicles");
    expect(reason).toContain("text-image model");
    await expect(auto.checkTrainable("faces")).rejects.toMatchObject({ code: "model_missing" });
  });
});
