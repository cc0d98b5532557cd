import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRandom } from "../../../test/generated-photos.ts";
import type { PhotoFilter } from "../../core/photo-filter.ts";
import { openTestDatabase, type TestDatabase } from "../open-test-database.ts";
import { listPhotos } from "../photo-set.ts";

const PHOTOS = 60;
const ROUNDS = 40;

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
  const { writes } = test.database;
  await test.photos.insertPhotos(
    Array.from({ length: PHOTOS }, (_, i) => ({
      path: `/photos/${i}.jpg`,
      byteSize: i,
      modifiedAtMs: i * 86_400_000,
    })),
  );
  await sql`insert into tags (id, name, name_key) values (901, 'one', 'one'), (902, 'two', 'two')`.execute(
    writes,
  );
  await sql`insert into persons (id, name, name_key, search_name, status, is_hidden, is_favourite, created_at, updated_at)
    values ('a', 'Ada', 'ADA', 'ada', 'active', 0, 0, 1, 1)`.execute(writes);
  await sql`insert into places (id, name, search_name, country_code, latitude, longitude, population)
    values (1, 'Rome', 'rome', 'IT', 41.9, 12.5, 1)`.execute(writes);
});
afterAll(() => test.remove());

const FILTERS: readonly PhotoFilter[] = [
  {},
  { tags: ["one"] },
  { tags: ["uno"] },
  { persons: { none: ["Ada"] }, takenFrom: "1970-01-20" },
  { places: ["Rome"], hasFaces: true },
  { hasText: true, none: [{ tags: ["two"] }] },
  { textContains: "total" },
  { hasGps: false, takenTo: "1970-02-10" },
  { includeHidden: true, tags: ["two"] },
  { duplicates: "only" },
  { objects: [{ label: "dog", minScore: 0.5 }] },
  { words: "12" },
  { isFavourite: true },
];

/** What a round writes, about some photo; `other` is any number. */
const WRITES: readonly ((photo: number, other: number) => ReturnType<typeof sql>)[] = [
  (id, other) =>
    sql`insert into photo_tags (photo_id, tag_id, score, source) values (${id}, ${901 + (other % 2)}, 1, 'user') on conflict do nothing`,
  (id) => sql`delete from photo_tags where photo_id = ${id}`,
  (id) => sql`update photos set hidden_at = 1 where id = ${id}`,
  () => sql`update photos set hidden_at = null, missing_since = null`,
  (id) => sql`update photos set missing_since = 1 where id = ${id}`,
  (id, other) => sql`update photos set taken_day = ${other % 60} where id = ${id}`,
  (id) => sql`update photos set latitude = 1, longitude = 2 where id = ${id}`,
  (id, other) => sql`update photos set duplicate_of = ${other % 2 === 0 ? id : null} where id = ${id}`,
  (
    id,
  ) => sql`insert into faces (photo_id, landmarks, score, quality, x, y, width, height, model_id, person_id, state, created_at)
    values (${id}, '[]', 0.9, 0.7, 0.1, 0.1, 0.2, 0.2, 'm', 'a', 'confirmed', 1)`,
  (id) => sql`update faces set is_removed = 1, person_id = null where photo_id = ${id}`,
  (
    id,
  ) => sql`insert into text_lines (photo_id, position, text, folded_text, score, model_id, x1, y1, x2, y2, x3, y3, x4, y4)
    values (${id}, 0, 'Total', 'total', 1, 'm', 0, 0, 1, 0, 1, 1, 0, 1)`,
  (
    id,
  ) => sql`insert into photo_places (photo_id, place_id, country_code, distance_km, latitude, longitude, source)
    values (${id}, 1, 'IT', 1, 1, 2, 't') on conflict do nothing`,
  (id) => sql`insert into objects (photo_id, label, score, x, y, width, height, model_id)
    values (${id}, 'dog', ${(id % 10) / 10}, 0, 0, 1, 1, 'm')`,
  (_, other) =>
    sql`insert into photos (path, file_name, byte_size, modified_at_ms, taken_at_ms, taken_day, taken_at_source, imported_at)
    values (${`/new/${other}.jpg`}, 'new.jpg', 1, 1, 1, 20, 'file', 1) on conflict do nothing`,
  (id, other) => sql`update photos set is_favourite = ${other % 2} where id = ${id}`,
  // What a name stands for changes without any photo being written to.
  (_, other) =>
    sql`update tags set name_key = ${other % 2 === 0 ? "uno" : "one"}, name = ${other % 2 === 0 ? "uno" : "one"} where id = 901`,
  (_, other) => sql`update persons set search_name = ${other % 2 === 0 ? "ada" : "eve"}`,
  (_, other) => sql`update places set search_name = ${other % 2 === 0 ? "rome" : "roma"}`,
];

describe("findPassing", () => {
  it("finds what the tables say, whatever was written since it was asked last", async () => {
    const random = createRandom(8);
    const below = (end: number) => Math.floor(random() * end);
    let found = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const ids = await test.photos.listIds({ includeHidden: true, includeMissing: true });
      const written = new Set(Array.from({ length: 3 }, () => WRITES[below(WRITES.length)]!));
      await test.database.writes.transaction().execute(async (transaction) => {
        for (const write of written) await write(ids[below(ids.length)]!, below(1000)).execute(transaction);
      });
      for (const filter of FILTERS) {
        const passing = await test.photos.findPassing(filter);
        expect([...listPhotos(passing)], JSON.stringify(filter)).toEqual([
          ...(await test.photos.listIds(filter)),
        ]);
        expect(passing.size).toBe(listPhotos(passing).length);
        found += passing.size;
      }
    }
    expect(found).toBeGreaterThan(ROUNDS * PHOTOS);
  });

  it("leaves out a photo that is gone", async () => {
    const [id] = listPhotos(await test.photos.findPassing({}));
    await sql`delete from photos where id = ${id}`.execute(test.database.writes);
    expect(listPhotos(await test.photos.findPassing({}))).not.toContain(id);
  });

  it("is not misled by what was taken back", async () => {
    const before = listPhotos(await test.photos.findPassing({ tags: ["two"] }));
    const change = test.database.writes.transaction().execute(async (transaction) => {
      await sql`delete from photo_tags`.execute(transaction);
      throw new Error("No.");
    });
    await expect(change).rejects.toThrow("No.");
    expect(listPhotos(await test.photos.findPassing({ tags: ["two"] }))).toEqual(before);
    await sql`delete from photo_tags`.execute(test.database.writes);
    expect((await test.photos.findPassing({ tags: ["two"] })).size).toBe(0);
  });
});
