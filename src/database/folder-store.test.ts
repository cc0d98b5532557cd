import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFolderStore } from "./folder-store.ts";
import { openTestDatabase, type TestDatabase } from "./open-test-database.ts";

let test: TestDatabase;
beforeEach(async () => {
  test = await openTestDatabase();
});
afterEach(() => test.remove());

describe("createFolderStore", () => {
  it("takes a removal back when the folder is added again", async () => {
    const folders = createFolderStore({ database: test.database });
    const folder = await folders.add("/p");
    await folders.remove(folder.id);
    expect(await folders.list()).toEqual([]);
    expect(await folders.add("/p")).toEqual(folder);
    expect(await folders.list()).toEqual([folder]);
  });
});
