import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../database.ts";
import { openEmptyDatabase } from "../open-empty-database.ts";
import { createSettingsStore } from "../settings-store.ts";
import { createSqliteTextIndex } from "../sqlite/sqlite-text-index.ts";
import { initialSchema } from "./0001-initial-schema.ts";
import { vision } from "./0002-vision.ts";
import { people } from "./0003-people.ts";
import { places } from "./0005-places.ts";

let test: ReturnType<typeof openEmptyDatabase>;
beforeEach(async () => {
  test = openEmptyDatabase();
  await test.migrate(initialSchema, vision, people);
});
afterEach(() => test.remove());

/** The full-text tables of the former release, and photos in them. */
const FORMER_RELEASE = [
  `drop table text_vocabulary`,
  `drop table text_words`,
  `create virtual table text_words using fts5(text, tags, people, file_name, caption,
     content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0')`,
  `create virtual table text_vocabulary using fts5vocab('text_words', 'row')`,
  `insert into photos (id, path, file_name, byte_size, modified_at_ms, taken_at_ms, taken_day, taken_at_source, imported_at, latitude, longitude)
   values (1, '/p/harbour.jpg', 'harbour.jpg', 10, 1.5, 2, 3, 'file', 4, 41.9, 12.5), (2, '/p/b.jpg', 'b.jpg', 20, 2.5, 3, 4, 'file', 5, null, null)`,
  `insert into objects (photo_id, label, score, x, y, width, height, model_id) values (1, 'boat', 0.9, 0, 0, 1, 1, 'm')`,
  `insert into text_words (rowid, text, tags, people, file_name, caption) values (1, '', 'boat', '', 'harbour jpg', ''), (2, '', '', '', 'b jpg', '')`,
  `insert into text_terms (term) values ('boat'), ('harbour'), ('jpg')`,
];

async function fill(): Promise<void> {
  for (const statement of FORMER_RELEASE) await sql.raw(statement).execute(test.db);
}

describe("the fifth migration", () => {
  it("keeps photos and what was found in them; no place is named yet", async () => {
    await fill();
    const [photos, objects] = [await test.rows("photos"), await test.rows("objects")];
    await test.migrate(initialSchema, vision, people, places);
    expect(await test.rows("photos")).toMatchObject(photos);
    expect(await test.rows("objects")).toEqual(objects);
    for (const table of ["places", "photo_places", "saved_searches"])
      expect(await test.rows(table)).toEqual([]);
  });

  it("says that the full-text index has to be filled, and rebuilding it finds objects as such", async () => {
    await fill();
    await test.migrate(initialSchema, vision, people, places);
    const database = await openDatabase({ directory: test.directory });
    try {
      expect(await createSettingsStore({ database }).get("textIndex.isStale")).toBe(true);
      const index = createSqliteTextIndex({ database });
      expect(await index.search("boat", { limit: 5 })).toEqual([]);
      await index.rebuild();
      expect(await index.search("boat", { limit: 5 })).toMatchObject([{ photoId: 1 }]);
      expect((await index.explain([1], "boat")).get(1)).toEqual([{ field: "objects", words: ["boat"] }]);
    } finally {
      await database.close();
    }
  });

  it("leaves nothing to do in a library without photos", async () => {
    await test.migrate(initialSchema, vision, people, places);
    expect(await test.rows("settings")).toEqual([]);
  });
});
