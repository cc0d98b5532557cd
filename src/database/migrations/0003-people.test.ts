import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../database.ts";
import { openEmptyDatabase } from "../open-empty-database.ts";
import { createFaceStore } from "../people/face-store.ts";
import { createPeopleDecisions } from "../people/people-decisions.ts";
import { initialSchema } from "./0001-initial-schema.ts";
import { vision } from "./0002-vision.ts";
import { people } from "./0003-people.ts";

let test: ReturnType<typeof openEmptyDatabase>;
beforeEach(async () => {
  test = openEmptyDatabase();
  await test.migrate(initialSchema, vision);
});
afterEach(() => test.remove());

/** Rows of every table that has to do with people, as the release before left them. */
const FORMER_RELEASE = [
  `insert into photos (id, path, file_name, byte_size, modified_at_ms, taken_at_ms, taken_day, taken_at_source, imported_at, analysed_at, status)
   values (1, '/p/a.jpg', 'a.jpg', 10, 1.5, 2, 3, 'file', 4, 400, 'completed'), (2, '/p/b.jpg', 'b.jpg', 20, 2.5, 3, 4, 'metadata', 5, null, 'partial')`,
  `insert into faces (id, photo_id, landmarks, score, quality, x, y, width, height, model_id, sharpness, yaw_degrees)
   values (7, 1, '[[0.1,0.2]]', 0.99, 0.7, 0.1, 0.2, 0.3, 0.4, 'scrfd', 12.5, -3), (8, 1, '[]', 0.6, 0.2, 0.6, 0.2, 0.1, 0.1, 'scrfd', null, null),
     (9, 2, '[]', 0.8, 0.4, 0.5, 0.5, 0.2, 0.2, 'scrfd', null, null)`,
  `insert into face_regions (id, photo_id, name, name_key, x, y, width, height)
   values (3, 1, 'Anna Berg', 'ANNA BERG', 0.1, 0.2, 0.3, 0.4), (4, 2, null, null, 0.5, 0.5, 0.2, 0.2)`,
  `insert into embeddings (photo_id, owner_kind, owner_id, model_id, dimensions, embedding) values
   (1, 'face', 7, 'arcface', 1, x'0000803f'), (1, 'face', 8, 'arcface', 1, x'000080bf'), (1, 'photo', 1, 'clip', 1, x'0000803f')`,
  `insert into decisions (id, kind, actor, decided_at, payload, inverse)
   values (1, 'photo.hide', 'user', 77, '{"photoId":2}', '{}')`,
  `insert into decisions (id, kind, actor, decided_at, payload, inverse, undoes)
   values (2, 'undo', 'user', 78, '{"decisionId":1}', '{}', 1)`,
  `insert into photo_steps (photo_id, step, status, model_id, content_version, updated_at) values (1, 'faces', 'done', 'scrfd+arcface', 1, 9)`,
];
const TABLES = ["photos", "faces", "face_regions", "embeddings", "decisions", "photo_steps"];

async function fill(): Promise<void> {
  for (const statement of FORMER_RELEASE) await sql.raw(statement).execute(test.db);
}

describe("the third migration", () => {
  it("keeps every row of a library of the former release; nobody is known yet", async () => {
    await fill();
    const before = new Map<string, Record<string, unknown>[]>();
    for (const table of TABLES) before.set(table, await test.rows(table));
    await test.migrate(initialSchema, vision, people);
    for (const table of TABLES) expect(await test.rows(table)).toMatchObject(before.get(table)!);
    expect(before.get("faces")).toHaveLength(3);
    expect((await test.rows("faces"))[0]).toMatchObject({
      origin: "detector",
      state: "unassigned",
      personId: null,
      clusterId: null,
      isIgnored: 0,
      isRemoved: 0,
      isLost: 0,
    });
    for (const table of ["persons", "prototypes", "person_facts", "face_facts"]) {
      expect(await test.rows(table)).toEqual([]);
    }
  });

  it("dates faces by when their photo was analysed, or else imported", async () => {
    await fill();
    await test.migrate(initialSchema, vision, people);
    expect((await test.rows("faces")).map(({ createdAt }) => createdAt)).toEqual([400, 400, 5]);
  });

  it("leaves the history append-only, and the old faces can be named", async () => {
    await fill();
    await test.migrate(initialSchema, vision, people);
    await expect(sql`delete from decisions where id = 1`.execute(test.db)).rejects.toThrow();
    await expect(sql`update decisions set payload = '{}' where id = 1`.execute(test.db)).rejects.toThrow();
    const database = await openDatabase({ directory: test.directory });
    try {
      const onPhotosChanged = async () => {};
      const personId = "00000000-0000-4000-8000-000000000001";
      await createPeopleDecisions({ database, onPhotosChanged }).decide(
        { kind: "face.assign", faceIds: [7, 9], personId, name: "Anna Berg" },
        { actor: "user" },
      );
      const faces = createFaceStore({ database, onPhotosChanged });
      expect(await faces.get(9)).toMatchObject({ personName: "Anna Berg", state: "confirmed" });
      expect((await faces.embedded({ modelId: "arcface", confirmedOf: personId })).faceIds).toEqual([7]);
    } finally {
      await database.close();
    }
  });
});
