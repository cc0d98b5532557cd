import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFolderStore } from "./folder-store.ts";
import { openTestDatabase, type TestDatabase } from "./open-test-database.ts";
import { createPhotoVisibility, type PhotoVisibility } from "./photo-visibility.ts";

let test: TestDatabase;
let visibility: PhotoVisibility;
let folderId: number;
/** Two photos of the folder and one of another. */
let ids: readonly number[];

beforeEach(async () => {
  test = await openTestDatabase();
  visibility = createPhotoVisibility(test);
  folderId = (await createFolderStore(test).add("/p")).id;
  const other = (await createFolderStore(test).add("/q")).id;
  const file = { byteSize: 10, modifiedAtMs: 1 };
  ids = await test.photos.insertPhotos([
    { ...file, path: "/p/a.jpg", folderId },
    { ...file, path: "/p/b.jpg", folderId },
    { ...file, path: "/q/c.jpg", folderId: other },
  ]);
});
afterEach(() => test.remove());

const inSight = async () => [...(await test.photos.listIds({}))];

describe("hidePhoto", () => {
  it("takes a photo out of sight, and back, and out again, by undoing the undo", async () => {
    const { decision, photosChanged } = await visibility.hidePhoto(ids[0]!, "user");
    expect(photosChanged).toBe(1);
    expect(await inSight()).toEqual([ids[1], ids[2]]);
    const back = await visibility.undo(decision.id, "user");
    expect(back.photosChanged).toBe(1);
    expect(await inSight()).toEqual(ids);
    await visibility.undo(back.decision.id, "user");
    expect(await inSight()).toEqual([ids[1], ids[2]]);
    await expect(visibility.undo(decision.id, "user")).rejects.toMatchObject({ code: "conflict" });
  });

  it("changes nothing more of a photo that is out of sight", async () => {
    const first = await visibility.hidePhoto(ids[0]!, "user");
    const second = await visibility.hidePhoto(ids[0]!, "user");
    expect(second.photosChanged).toBe(0);
    await visibility.undo(second.decision.id, "user");
    expect(await inSight()).not.toContain(ids[0]);
    await visibility.undo(first.decision.id, "user");
    expect(await inSight()).toContain(ids[0]);
  });
});

describe("removeFolder", () => {
  it("hides its photos and no others; its undo leaves hidden what was hidden before", async () => {
    await visibility.hidePhoto(ids[1]!, "user");
    const { decision, photosChanged } = await visibility.removeFolder(folderId, "user");
    expect(photosChanged).toBe(1);
    expect(await inSight()).toEqual([ids[2]]);
    expect((await createFolderStore(test).list()).map(({ path }) => path)).toEqual(["/q"]);
    await expect(visibility.removeFolder(folderId, "user")).rejects.toMatchObject({ code: "not_found" });
    await visibility.undo(decision.id, "user");
    expect(await inSight()).toEqual([ids[0], ids[2]]);
    expect((await createFolderStore(test).list()).map(({ path }) => path)).toEqual(["/p", "/q"]);
  });

  it("goes on hiding a photo whose own hiding is taken back meanwhile", async () => {
    const hidden = await visibility.hidePhoto(ids[0]!, "user");
    const removal = await visibility.removeFolder(folderId, "user");
    expect(await visibility.undo(hidden.decision.id, "user")).toMatchObject({ photosChanged: 0 });
    expect(await inSight()).toEqual([ids[2]]);
    await visibility.undo(removal.decision.id, "user");
    expect(await inSight()).toEqual(ids);
  });

  it("refuses to take back what is no matter of sight", async () => {
    const { decision } = await test.decisions.decide(
      { kind: "person.create", personId: "00000000-0000-4000-8000-000000000001", name: "Ann" },
      { actor: "user" },
    );
    await expect(visibility.undo(decision.id, "user")).rejects.toMatchObject({ code: "not_found" });
  });
});
