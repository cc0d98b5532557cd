import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../database.ts";
import { createDuplicateStore } from "../duplicates/duplicate-store.ts";
import { openEmptyDatabase } from "../open-empty-database.ts";
import { initialSchema } from "./0001-initial-schema.ts";
import { vision } from "./0002-vision.ts";
import { people } from "./0003-people.ts";
import { duplicates } from "./0004-duplicates.ts";

let test: ReturnType<typeof openEmptyDatabase>;
beforeEach(async () => {
  test = openEmptyDatabase();
  await test.migrate(initialSchema, vision, people);
});
afterEach(() => test.remove());

/** Rows of every table that has to do with duplicates, as the release before left them. */
const FORMER_RELEASE = [
  `insert into photos (id, path, file_name, byte_size, modified_at_ms, taken_at_ms, taken_day, taken_at_source, imported_at, status, imohash, hidden_at)
   values (1, '/p/a.jpg', 'a.jpg', 10, 1.5, 2, 3, 'file', 4, 'completed', 'aa', null), (2, '/p/b.jpg', 'b.jpg', 10, 2.5, 3, 4, 'metadata', 5, 'partial', 'aa', 77)`,
  `insert into fingerprints (photo_id, imohash, pdq, pdq_quality) values (1, 'aa', x'00ff', 90), (2, 'aa', null, null)`,
  `insert into photo_steps (photo_id, step, status, model_id, content_version, updated_at) values (1, 'duplicates', 'skipped', null, null, 9)`,
  `insert into decisions (id, kind, actor, decided_at, payload, inverse) values (1, 'photo.hide', 'user', 77, '{"photoId":2}', '{}')`,
];
const TABLES = ["photos", "fingerprints", "photo_steps", "decisions"];

describe("the fourth migration", () => {
  it("keeps every row of a library of the former release; nothing is a duplicate yet", async () => {
    for (const statement of FORMER_RELEASE) await sql.raw(statement).execute(test.db);
    const before = new Map<string, Record<string, unknown>[]>();
    for (const table of TABLES) before.set(table, await test.rows(table));
    await test.migrate(initialSchema, vision, people, duplicates);
    for (const table of TABLES) expect(await test.rows(table)).toMatchObject(before.get(table)!);
    expect(before.get("photos")).toHaveLength(2);
    // A photo that was removed is no copy that something else was kept for.
    expect((await test.rows("photos")).map(({ duplicateOf }) => duplicateOf)).toEqual([null, null]);
    for (const table of ["duplicate_groups", "duplicate_members", "duplicates_apart", "local_features"])
      expect(await test.rows(table)).toEqual([]);
  });

  it("leaves a library in which groups can be made", async () => {
    for (const statement of FORMER_RELEASE) await sql.raw(statement).execute(test.db);
    await test.migrate(initialSchema, vision, people, duplicates);
    const database = await openDatabase({ directory: test.directory });
    try {
      const store = createDuplicateStore({ database, choose: (photos) => photos[0]! });
      const evidence = { method: "bytes" } as const;
      const id = await store.found(1, { photoId: 2, kind: "exact", score: 1, evidence });
      expect(await store.get(id!)).toMatchObject({ kind: "exact", memberCount: 2, primaryPhotoId: 1 });
    } finally {
      await database.close();
    }
  });
});
