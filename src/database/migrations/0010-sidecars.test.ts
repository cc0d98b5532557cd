import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openEmptyDatabase } from "../open-empty-database.ts";
import { initialSchema } from "./0001-initial-schema.ts";
import { vision } from "./0002-vision.ts";
import { people } from "./0003-people.ts";
import { sidecars } from "./0010-sidecars.ts";

let test: ReturnType<typeof openEmptyDatabase>;
beforeEach(async () => {
  test = openEmptyDatabase();
  await test.migrate(initialSchema, vision, people);
});
afterEach(() => test.remove());

const FORMER_RELEASE = [
  `insert into folders (id, path, created_at, removed_at) values (5, '/p', 1, null)`,
  `insert into photos (id, path, folder_id, file_name, byte_size, modified_at_ms, taken_at_ms, taken_day, taken_at_source, imported_at)
   values (1, '/p/a.jpg', 5, 'a.jpg', 10, 1.5, 2, 3, 'file', 4), (2, '/p/b.jpg', 5, 'b.jpg', 20, 2.5, 3, 4, 'file', 5)`,
];

describe("the tenth migration", () => {
  it("keeps every photo, and what is known of a sidecar leaves with its photo", async () => {
    for (const statement of FORMER_RELEASE) await sql.raw(statement).execute(test.db);
    const before = await test.rows("photos");
    await test.migrate(initialSchema, vision, people, sidecars);
    expect(await test.rows("photos")).toEqual(before);
    const add = sql.raw(
      `insert into photo_sidecars values (1, 'taken-in', 'a.xmp', 7, 8), (1, 'written', 'a.jpg.xmp', 9, 10), (2, 'taken-in', 'b.xmp', 7, 8)`,
    );
    await add.execute(test.db);
    await expect(add.execute(test.db)).rejects.toThrow(/UNIQUE/);
    await sql.raw(`delete from photos where id = 1`).execute(test.db);
    expect((await test.rows("photoSidecars")).map(({ photoId }) => photoId)).toEqual([2]);
  });
});
