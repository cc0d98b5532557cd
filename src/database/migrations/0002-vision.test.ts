import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openEmptyDatabase } from "../open-empty-database.ts";
import { initialSchema } from "./0001-initial-schema.ts";
import { vision } from "./0002-vision.ts";

let test: ReturnType<typeof openEmptyDatabase>;
beforeEach(async () => {
  test = openEmptyDatabase();
  await test.migrate(initialSchema);
});
afterEach(() => test.remove());

/** Rows of every table that the first release filled for two photos, one with embeddings of two models. */
const FIRST_RELEASE = [
  `insert into photos (id, path, file_name, byte_size, modified_at_ms, taken_at_ms, taken_day, taken_at_source, imported_at, status)
   values (1, '/p/a.jpg', 'a.jpg', 10, 1.5, 2, 3, 'file', 4, 'completed'), (2, '/p/b.jpg', 'b.jpg', 20, 2.5, 3, 4, 'metadata', 5, 'partial')`,
  `insert into photo_steps (photo_id, step, status, model_id, content_version, updated_at) values (1, 'faces', 'done', 'scrfd+arcface', 1, 9)`,
  `insert into objects (photo_id, label, score, x, y, width, height, model_id) values (1, 'dog', 0.9, 0.1, 0.2, 0.3, 0.4, 'yolox')`,
  `insert into faces (id, photo_id, landmarks, score, quality, x, y, width, height, model_id)
   values (7, 1, '[[0.1,0.2]]', 0.99, 0.7, 0.1, 0.2, 0.3, 0.4, 'scrfd')`,
  `insert into photo_tags (photo_id, tag_id, score, source) values (1, 1, 1, 'human')`,
  `insert into embeddings (photo_id, owner_kind, owner_id, model_id, dimensions, embedding) values
   (1, 'photo', 1, 'clip-a', 1, x'0000803f'), (2, 'photo', 2, 'clip-a', 1, x'0000803f'), (1, 'photo', 1, 'clip-b', 1, x'000080bf'),
   (1, 'face', 7, 'arcface', 1, x'0000803f')`,
  `insert into settings (key, value) values ('some', '1')`,
];

async function fill(): Promise<void> {
  for (const statement of FIRST_RELEASE) await sql.raw(statement).execute(test.db);
}

describe("the second migration", () => {
  it("keeps every row of a library of the first release, with nothing measured yet", async () => {
    await fill();
    const tables = [
      "photos",
      "photo_steps",
      "objects",
      "faces",
      "photo_tags",
      "tags",
      "embeddings",
      "settings",
    ];
    const before = new Map<string, Record<string, unknown>[]>();
    for (const table of tables) before.set(table, await test.rows(table));
    await test.migrate(initialSchema, vision);
    for (const table of tables) expect(await test.rows(table)).toMatchObject(before.get(table)!);
    expect(before.get("embeddings")).toHaveLength(4);
    expect((await test.rows("photos"))[0]).toMatchObject({ sharpness: null, clippedShadows: null });
    expect((await test.rows("faces"))[0]).toMatchObject({ sharpness: null, yawDegrees: null });
  });

  it("goes on searching with the model that made most of the embeddings", async () => {
    await fill();
    await test.migrate(initialSchema, vision);
    expect(await test.rows("serving_models")).toMatchObject([
      { ownerKind: "face", modelId: "arcface" },
      { ownerKind: "photo", modelId: "clip-a" },
    ]);
  });

  it("leaves the choice open where there are no embeddings", async () => {
    await test.migrate(initialSchema, vision);
    expect(await test.rows("serving_models")).toEqual([]);
  });
});
