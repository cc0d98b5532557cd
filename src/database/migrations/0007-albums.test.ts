import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openEmptyDatabase } from "../open-empty-database.ts";
import { initialSchema } from "./0001-initial-schema.ts";
import { vision } from "./0002-vision.ts";
import { people } from "./0003-people.ts";
import { albums } from "./0007-albums.ts";

let test: ReturnType<typeof openEmptyDatabase>;
beforeEach(async () => {
  test = openEmptyDatabase();
  await test.migrate(initialSchema, vision, people);
});
afterEach(() => test.remove());

/** What the release before may have left of everything that this migration touches. */
const FORMER_RELEASE = [
  `insert into photos (id, path, file_name, byte_size, modified_at_ms, taken_at_ms, taken_day, taken_at_source, imported_at, status, rating, title, description, hidden_at)
   values (1, '/p/a.jpg', 'a.jpg', 10, 1.5, 2, 3, 'file', 4, 'completed', 4, 'Dunes', null, null),
     (2, '/p/b.jpg', 'b.jpg', 20, 2.5, 3, 4, 'metadata', 5, 'partial', null, null, 'A boat', 99)`,
  `insert into tags (id, name, name_key) values (900, 'Garden', 'garden')`,
  `insert into photo_tags (photo_id, tag_id, score, source) values (1, 900, 1, 'human')`,
  `insert into categories (id, name, name_key) values (70, 'Garden things', 'garden things')`,
  `insert into category_tags (category_id, tag_id) values (70, 900)`,
  `insert into decisions (id, kind, actor, decided_at, payload, inverse) values
     (1, 'photo.hide', 'user', 77, '{"photoId":2}', '{}'),
     (2, 'photo.tag', 'api', 78, '{"photoId":1,"tags":[" Garden ",""]}', '{}')`,
  `insert into jobs (kind, payload, max_attempts, run_after, created_at) values ('scan', '{}', 5, 1, 1)`,
];

describe("the seventh migration", () => {
  it("keeps a library of the third release and states what was decided in it", async () => {
    for (const statement of FORMER_RELEASE) await sql.raw(statement).execute(test.db);
    const before = new Map<string, Record<string, unknown>[]>();
    for (const table of ["photos", "photo_tags", "category_tags", "categories", "jobs", "decisions"])
      before.set(table, await test.rows(table));
    await test.migrate(initialSchema, vision, people, albums);
    for (const [table, rows] of before) expect(await test.rows(table), table).toMatchObject(rows);
    expect(await test.rows("photos")).toMatchObject([
      { isFavourite: 0, rating: 4, fileRating: 4, fileTitle: "Dunes", fileDescription: null },
      { isFavourite: 0, fileRating: null, fileTitle: null, fileDescription: "A boat" },
    ]);
    const facts = await test.rows("library_facts");
    expect(facts.filter(({ subject }) => subject === "photo")).toMatchObject([
      { decisionId: 2, subjectId: "1", field: "tag", key: "garden", value: "Garden", isActive: 1 },
    ]);
    expect(
      facts.filter(({ subjectId, subject }) => subject === "category" && subjectId === "70"),
    ).toMatchObject([
      { decisionId: null, field: "exists", value: "1" },
      { field: "name", value: "Garden things" },
      { field: "tag", key: "garden", value: "Garden" },
    ]);
  });

  it("starts with no albums and no maintenance", async () => {
    await test.migrate(initialSchema, vision, people, albums);
    for (const table of ["albums", "album_photos", "centroids", "centroid_members", "maintenance_runs"])
      expect(await test.rows(table), table).toEqual([]);
  });
});
