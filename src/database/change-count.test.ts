import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isChange } from "./change-count.ts";
import { openTestDatabase, type TestDatabase } from "./open-test-database.ts";

let test: TestDatabase;
beforeEach(async () => {
  test = await openTestDatabase();
});
afterEach(() => test.remove());

describe("the count of changes", () => {
  it("grows with every write once it is committed, and with nothing else", async () => {
    const { reads, writes, changes } = test.database;
    const file = { byteSize: 10, modifiedAtMs: 1 };
    const before = changes.current();
    await test.photos.insertPhotos([{ ...file, path: "/p/a.jpg" }]);
    const inserted = changes.current();
    expect(inserted).toBeGreaterThan(before);
    await reads.selectFrom("photos").selectAll().execute();
    await writes.selectFrom("photos").selectAll().execute();
    expect(changes.current()).toBe(inserted);
    await writes.transaction().execute(async (transaction) => {
      await transaction.updateTable("photos").set({ title: "sea" }).execute();
      // Nobody else sees it yet.
      expect(changes.current()).toBe(inserted);
    });
    expect(changes.current()).toBe(inserted + 1);
    await sql`update photos set title = 'sand'`.execute(writes);
    expect(changes.current()).toBe(inserted + 2);
  });

  it("does not grow with what was taken back, nor with work that is only waiting", async () => {
    const { writes, changes } = test.database;
    const before = changes.current();
    const failing = writes.transaction().execute(async (transaction) => {
      await transaction.updateTable("photos").set({ title: "sea" }).execute();
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    await writes.updateTable("jobs").set({ progressDone: 1 }).execute();
    expect(changes.current()).toBe(before);
  });

  it.each([
    ["update photos set a = 1", true],
    ["with a as (select 1) insert into photos select * from a", true],
    ['insert into "jobs" (kind) values (1)', false],
    ["insert into jobs_of_mine (kind) values (1)", true],
    ["  select 1", false],
    ["vacuum", true],
  ] as const)("takes %s for a change: %s", (statement, expected) => {
    expect(isChange(statement)).toBe(expected);
  });
});
