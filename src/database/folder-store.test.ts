import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFolderStore } from "./folder-store.ts";
import { openTestDatabase, type TestDatabase } from "./open-test-database.ts";
import { createPhotoVisibility } from "./photo-visibility.ts";

let test: TestDatabase;
beforeEach(async () => {
  test = await openTestDatabase();
});
afterEach(() => test.remove());

describe("createFolderStore", () => {
  it("takes a removal back when the folder is added again", async () => {
    const folders = createFolderStore(test);
    const folder = await folders.add("/p");
    await createPhotoVisibility(test).removeFolder(folder.id, "user");
    expect(await folders.list()).toEqual([]);
    expect(await folders.findRemoved("/p")).toEqual(folder);
    expect(await folders.add("/p")).toEqual(folder);
    expect(await folders.list()).toEqual([folder]);
    expect(await folders.findRemoved("/p")).toBeUndefined();
  });

  it("remembers which folders rest", async () => {
    const folders = createFolderStore(test);
    const { id } = await folders.add("/p");
    await folders.setPaused(id, true);
    expect(await folders.list()).toMatchObject([{ id, pausedAt: expect.any(Number) as number }]);
    await folders.setPaused(id, false);
    expect(await folders.list()).toEqual([{ id, path: "/p" }]);
    await expect(folders.setPaused(id + 1, true)).rejects.toMatchObject({ code: "not_found" });
  });
});
