import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openEmptyDatabase } from "../open-empty-database.ts";
import { initialSchema } from "./0001-initial-schema.ts";
import { vision } from "./0002-vision.ts";
import { people } from "./0003-people.ts";
import { folders } from "./0008-folders.ts";

let test: ReturnType<typeof openEmptyDatabase>;
beforeEach(async () => {
  test = openEmptyDatabase();
  await test.migrate(initialSchema, vision, people);
});
afterEach(() => test.remove());

/** A folder with three photos, of which the second was hidden, shown and hidden again. */
const FORMER_RELEASE = [
  `insert into folders (id, path, created_at, removed_at) values (5, '/p', 1, null), (6, '/q', 2, 3)`,
  `insert into photos (id, path, folder_id, file_name, byte_size, modified_at_ms, taken_at_ms, taken_day, taken_at_source, imported_at, hidden_at)
   values (1, '/p/a.jpg', 5, 'a.jpg', 10, 1.5, 2, 3, 'file', 4, null), (2, '/p/b.jpg', 5, 'b.jpg', 20, 2.5, 3, 4, 'file', 5, 77),
     (3, '/p/c.jpg', 5, 'c.jpg', 30, 2.5, 3, 4, 'file', 5, null)`,
  `insert into decisions (id, kind, actor, decided_at, payload, inverse) values
   (1, 'photo.hide', 'api', 70, '{"photoId":2}', '{}'), (2, 'photo.hide', 'api', 71, '{"photoId":3}', '{}'),
   (3, 'photo.hide', 'api', 77, '{"photoId":2}', '{}'), (4, 'person.create', 'user', 78, '{"name":"Ann"}', '{}')`,
];

describe("the eighth migration", () => {
  it("keeps every folder and photo, and remembers which decision hid a photo that is hidden", async () => {
    for (const statement of FORMER_RELEASE) await sql.raw(statement).execute(test.db);
    const before = { folders: await test.rows("folders"), photos: await test.rows("photos") };
    await test.migrate(initialSchema, vision, people, folders);
    expect(await test.rows("folders")).toMatchObject(before.folders);
    expect(await test.rows("photos")).toMatchObject(before.photos);
    expect((await test.rows("photos")).map(({ hiddenBy }) => hiddenBy)).toEqual([null, 3, null]);
    expect((await test.rows("folders")).map(({ pausedAt, removedBy }) => [pausedAt, removedBy])).toEqual([
      [null, null],
      [null, null],
    ]);
  });
});
