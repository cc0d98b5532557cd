import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openEmptyDatabase } from "../open-empty-database.ts";
import { initialSchema } from "./0001-initial-schema.ts";
import { vision } from "./0002-vision.ts";
import { people } from "./0003-people.ts";
import { concepts } from "./0006-concepts.ts";

let test: ReturnType<typeof openEmptyDatabase>;
beforeEach(async () => {
  test = openEmptyDatabase();
  await test.migrate(initialSchema, vision, people);
});
afterEach(() => test.remove());

/** A photo with a tag and an embedding, and what was decided about it. */
const FORMER_RELEASE = [
  `insert into photos (id, path, file_name, byte_size, modified_at_ms, taken_at_ms, taken_day, taken_at_source, imported_at)
   values (1, '/p/a.jpg', 'a.jpg', 10, 1.5, 2, 3, 'file', 4)`,
  `insert into tags (id, name, name_key) values (900, 'Boat', 'boat')`,
  `insert into photo_tags (photo_id, tag_id, score, source) values (1, 900, 1, 'human')`,
  `insert into embeddings (photo_id, owner_kind, owner_id, model_id, dimensions, embedding) values (1, 'photo', 1, 'clip', 1, x'0000803f')`,
  `insert into decisions (id, kind, actor, decided_at, payload, inverse) values (1, 'photo.tag', 'user', 77, '{"photoId":1}', '{}')`,
  `insert into settings (key, value) values ('people.calibration', '{"modelId":"arcface"}')`,
];
const TABLES = ["photos", "tags", "photo_tags", "embeddings", "decisions", "settings"];
const NEW_TABLES = ["concepts", "concept_facts", "concept_examples", "concept_models", "concept_photos"];

describe("the sixth migration", () => {
  it("keeps everything of a library of the former release; nothing is taught yet", async () => {
    for (const statement of FORMER_RELEASE) await sql.raw(statement).execute(test.db);
    const before = new Map<string, Record<string, unknown>[]>();
    for (const table of TABLES) before.set(table, await test.rows(table));
    await test.migrate(initialSchema, vision, people, concepts);
    for (const table of TABLES) expect(await test.rows(table), table).toEqual(before.get(table));
    for (const table of [...NEW_TABLES, "similarity_backgrounds", "evaluations", "setting_facts"])
      expect(await test.rows(table), table).toEqual([]);
  });

  it("forgets with a photo what was said of it, and with a concept what follows from it", async () => {
    for (const statement of FORMER_RELEASE) await sql.raw(statement).execute(test.db);
    await test.migrate(initialSchema, vision, people, concepts);
    const run = (statement: string) => sql.raw(statement).execute(test.db);
    await run(
      `insert into concepts (id, kind, name, name_key, created_at, updated_at) values ('c', 'named', 'Boat', 'BOAT', 1, 1)`,
    );
    await run(`insert into concept_examples (concept_id, photo_id, is_example) values ('c', 1, 1)`);
    await run(
      `insert into concept_models (concept_id, model_id, dimensions, direction, strong, maybe, trained_at) values ('c', 'clip', 1, x'0000803f', 0.5, 0.4, 1)`,
    );
    await run(
      `insert into concept_photos (concept_id, photo_id, score, section) values ('c', 1, 1, 'strong')`,
    );
    await expect(
      run(
        `insert into concepts (id, kind, name, name_key, created_at, updated_at) values ('d', 'named', 'boat', 'BOAT', 1, 1)`,
      ),
    ).rejects.toThrow();
    await run(`delete from photos where id = 1`);
    expect(await test.rows("concept_examples")).toEqual([]);
    expect(await test.rows("concept_photos")).toEqual([]);
    expect(await test.rows("concept_models")).toHaveLength(1);
    await run(`delete from concepts where id = 'c'`);
    expect(await test.rows("concept_models")).toEqual([]);
  });
});
