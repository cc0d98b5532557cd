import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MadeExport, MadeImported } from "../../src/api/made.ts";
import { DATABASE_FILE } from "../../src/database/database.ts";
import { callApi } from "./call-api.ts";
import { drawPhoto, openTestLibrary, type TestLibrary } from "./open-test-library.ts";

const AUTO_ALBUMS = {
  one: "11111111-1111-4111-8111-111111111111",
  other: "22222222-2222-4222-8222-222222222222",
};

let one: TestLibrary;
let other: TestLibrary;
beforeAll(async () => {
  const [red, sea, lawn] = [await drawPhoto("red"), await drawPhoto("blue"), await drawPhoto("green")];
  const files = {
    "red.jpg": red,
    "red-copy.jpg": red,
    "sea.jpg": sea,
    "sea-copy.jpg": sea,
    "lawn.jpg": lawn,
  };
  [one, other] = await Promise.all([openTestLibrary({ files }), openTestLibrary({ files })]);
  putAutoAlbum(one, AUTO_ALBUMS.one);
  putAutoAlbum(other, AUTO_ALBUMS.other);
});
afterAll(async () => {
  await one.close();
  await other.close();
});

/** An auto-album of three photos, as a training leaves it: each library draws ids of its own. */
function putAutoAlbum({ dataDirectory, idOf }: TestLibrary, albumId: string): void {
  const database = new DatabaseSync(join(dataDirectory, DATABASE_FILE), { timeout: 5000 });
  try {
    database
      .prepare(
        "insert into albums (id, kind, space, title, auto_title, created_at, updated_at) values (?, 'auto', 'photos', 'Auto', 'Auto', 1, 1)",
      )
      .run(albumId);
    for (const name of ["red.jpg", "sea.jpg", "lawn.jpg"]) {
      const photoId = idOf(name);
      database
        .prepare(
          "insert into centroid_members (space, owner_id, photo_id, album_id, similarity) values ('photos', ?, ?, ?, 0.9)",
        )
        .run(photoId, photoId, albumId);
      database
        .prepare("insert into album_photos (album_id, photo_id, source, score) values (?, ?, 'auto', 0.9)")
        .run(albumId, photoId);
    }
  } finally {
    database.close();
  }
}

async function ask(test: TestLibrary, method: string, path: string, body?: unknown): Promise<unknown> {
  const { status, json } = await callApi(test.url, method, path, body);
  expect(status, JSON.stringify(json)).toBeLessThan(300);
  return json;
}

const read = async (test: TestLibrary) => MadeExport.parse(await ask(test, "GET", "/export"));
const take = async (test: TestLibrary, document: unknown) =>
  MadeImported.parse(await ask(test, "POST", "/import", document));

const nameOf = ({ path }: { readonly path: string }) => path.split("/").at(-1);

/** What an export says of all but photos, in names that are the same in both libraries. */
function essence(made: Awaited<ReturnType<typeof read>>) {
  const { concepts, duplicates, autoAlbums, distinctPersons, categories, removedCategories, photos } = made;
  return {
    distinctPersons,
    categories,
    removedCategories,
    faces: photos.map(({ faces, ...photo }) => [nameOf(photo), faces]),
    hidden: photos.filter(({ isHidden }) => isHidden === true).map(nameOf),
    concepts: concepts.map(({ examples, counterexamples, ...concept }) => ({
      ...concept,
      examples: examples.map(nameOf),
      counterexamples: counterexamples.map(nameOf),
    })),
    resolved: duplicates.resolved.map(({ keeper, losers }) => [nameOf(keeper), losers.map(nameOf)]),
    apart: duplicates.apart.map((parts) => parts.map((part) => part.map(nameOf))),
    autoAlbums: autoAlbums.map(({ space, title, added, keptOut, photos: members, cover }) => ({
      space,
      title,
      cover: cover && nameOf(cover),
      added: added.map(nameOf),
      keptOut: keptOut.map(nameOf),
      photos: members.map(nameOf).toSorted(),
    })),
  };
}

async function decideAll(): Promise<void> {
  const [red, sea, lawn] = [one.idOf("red.jpg"), one.idOf("sea.jpg"), one.idOf("lawn.jpg")];
  await ask(one, "POST", "/concepts", { name: "Sunset", exampleIds: [red], counterexampleIds: [lawn] });
  const { groups, resolving, dismiss } = one.library.duplicates;
  const groupOf = async (photoId: number) => (await groups.groupsOf([photoId])).get(photoId)!;
  await resolving.resolve(await groupOf(red), { keeperId: red, moveToTrash: false }, "user");
  await dismiss(await groupOf(sea), "user");
  const { people } = one.library;
  const box = { x: 0.1, y: 0.2, width: 0.25, height: 0.5 };
  const face = await people.drawFace(lawn, box, { name: "Anna Berg" }, "user");
  const bert = await people.createPerson("Bert Holm", undefined, "user");
  await people.rejectFaces([face.id], bert.id, "user");
  const anna = await people.persons.findByName("Anna Berg");
  await people.distinguish([anna!.id, bert.id], "user");
  await ask(one, "PUT", `/albums/${AUTO_ALBUMS.one}`, { title: "Colours", removePhotoIds: [sea] });
  const categories = (await one.library.albums.curating.categories()).slice(0, 2);
  await one.library.albums.curating.deleteCategory(categories[0]!.id, "user");
  await one.library.albums.curating.changeCategory(categories[1]!.id, { name: "Renamed" }, "user");
}

describe("decisions of a library", () => {
  it("go into another: concepts, copies, who a face is not, and what was said of auto-albums", async () => {
    await decideAll();
    const exported = await read(one);
    const said = essence(exported);
    expect(said).toMatchObject({
      concepts: [{ name: "Sunset", examples: ["red.jpg"], counterexamples: ["lawn.jpg"] }],
      resolved: [["red.jpg", ["red-copy.jpg"]]],
      autoAlbums: [{ title: "Colours", keptOut: ["sea.jpg"] }],
      distinctPersons: [["Anna Berg", "Bert Holm"]],
      // A copy that was put out of sight is none that somebody removed.
      hidden: [],
    });
    expect(said.apart).toHaveLength(1);
    const done = await take(other, exported);
    expect(done).toMatchObject({
      conceptsChanged: 1,
      duplicatesSettled: 2,
      facesRejected: 1,
      albumsChanged: 1,
      categoriesChanged: 2,
      photosNotFound: [],
      problems: [],
    });
    expect(essence(await read(other))).toEqual(said);
    expect(await take(other, exported)).toMatchObject({ decisions: 0, problems: [] });
    expect(await take(one, exported)).toMatchObject({ decisions: 0, problems: [] });
  });

  it("can be taken back where they were taken in", async () => {
    const copy = other.idOf("red-copy.jpg");
    const { people, photos } = other.library;
    expect((await photos.get(copy)).duplicateOf).toBe(other.idOf("red.jpg"));
    const { items } = await people.history.list({ limit: 100, offset: 0 });
    const apart = items.find(({ decision }) => decision.kind === "duplicate.apart");
    const resolved = items.find(({ decision }) => decision.kind === "duplicate.resolve");
    await people.history.undo(apart!.decision.id, "user");
    await people.history.undo(resolved!.decision.id, "user");
    expect((await read(other)).duplicates).toEqual({ resolved: [], apart: [] });
    const sea = other.idOf("sea.jpg");
    expect((await other.library.duplicates.groups.groupsOf([sea])).has(sea)).toBe(true);
  });

  it("tell photos apart that are no group yet", async () => {
    const [red, lawn] = [other.idOf("red.jpg"), other.idOf("lawn.jpg")];
    await other.library.duplicates.tellApart([[red], [lawn]], "user");
    expect(await other.library.duplicates.groups.apartFrom(red, [lawn])).toEqual(new Set([lawn]));
  });

  it("keeps two searches of one name and different queries", async () => {
    await ask(one, "POST", "/searches", { name: "Beach", query: "sea" });
    await ask(other, "POST", "/searches", { name: "beach", query: "sand" });
    const exported = await read(one);
    expect(await take(other, exported)).toMatchObject({ searchesAdded: 1, problems: [] });
    expect((await read(other)).savedSearches).toEqual([
      { name: "beach", query: "sand" },
      { name: "Beach (2)", query: "sea" },
    ]);
    expect(await take(other, exported)).toMatchObject({ searchesAdded: 0 });
  });

  it("takes a folder out that was removed elsewhere", async () => {
    const exported = await read(one);
    const removed = { ...exported, removedFolders: [other.folder] };
    expect(await take(other, removed)).toMatchObject({ foldersRemoved: 1, problems: [] });
    expect((await read(other)).removedFolders).toEqual([other.folder]);
    expect(await take(other, removed)).toMatchObject({ foldersRemoved: 0 });
    // What the folder hides is not said of each photo.
    expect((await read(other)).photos.some(({ isHidden }) => isHidden === true)).toBe(false);
  });
});
