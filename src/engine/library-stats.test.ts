import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSqliteTextIndex } from "../database/sqlite/sqlite-text-index.ts";
import { createTagStore } from "../database/tag-store.ts";
import { openTestImport, type TestImport } from "./import/open-test-import.ts";
import { createLibraryStats } from "./library-stats.ts";

let test: TestImport;
beforeAll(async () => {
  test = await openTestImport();
});
afterAll(() => test.remove());

describe("createLibraryStats", () => {
  it("gives the first and the last day of the timeline, also of photos that know only their file's date", async () => {
    const { database, photos, folderStore } = test;
    const tags = createTagStore({ database, textIndex: createSqliteTextIndex({ database }) });
    const stats = createLibraryStats({ photos, folders: folderStore, tags });
    expect(await stats.read()).toMatchObject({ photos: 0, firstTakenAt: null, lastTakenAt: null });
    await photos.insertPhotos(
      [0, 86_400_000 * 400].map((modifiedAtMs) => ({
        path: `/p/${modifiedAtMs}.jpg`,
        byteSize: 1,
        modifiedAtMs,
      })),
    );
    expect(await stats.read()).toMatchObject({ firstTakenAt: "1970-01-01", lastTakenAt: "1971-02-05" });
  });
});
