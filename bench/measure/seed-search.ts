import { sql } from "kysely";
import type { Database } from "../../src/database/database.ts";
import type { TextIndex } from "../../src/database/text-index.ts";
import { createRandom } from "../../test/generated-photos.ts";
import { seededWord } from "./seed-library.ts";

/** What there is of each kind in a synthetic library. */
export const SEEDED = {
  persons: 200,
  tags: 400,
  places: 300,
  labels: 80,
  cameras: 30,
  words: 20_000,
} as const;

/** Photos made in one transaction. */
const PAGE = 1000;
const WORDS_PER_PHOTO = 12;

/** Zipf's law: a few persons, tags and places are on most photos. */
const draw = (random: () => number, count: number) =>
  Math.min(count - 1, Math.floor((count + 1) ** random() - 1));

export const personName = (n: number) => `Person ${seededWord(n + 1000)}`;
export const tagName = (n: number) => `tag ${seededWord(n + 2000)}`;
export const placeName = (n: number) => `Place ${seededWord(n + 3000)}`;

/** The n-th word: several syllables, so that words differ in more than one letter. */
export const textWord = (n: number) => seededWord(n % 10_000) + (n >= 10_000 ? "x" : "");

/**
 * Fills a library with photos as imports leave them, some twenty years of them: text, tags, objects, faces of persons, places. The
 * rows are written as they are; the full-text index is the real one's.
 */
export async function seedForSearch(database: Database, textIndex: TextIndex, photos: number): Promise<void> {
  const { writes } = database;
  const random = createRandom(17);
  const days = 20 * 365;
  await seedNames(database, random);
  for (let first = 1; first <= photos; first += PAGE) {
    const ids = Array.from({ length: Math.min(PAGE, photos - first + 1) }, (_, i) => first + i);
    const rows = ids.map((id) => {
      const takenDay = 13_000 + Math.floor(random() * days);
      const place = random() < 0.7 ? draw(random, SEEDED.places) : undefined;
      return {
        id,
        path: `/photos/${takenDay}/IMG_${id}.jpg`,
        name: `IMG_${id}.jpg`,
        day: takenDay,
        ms: takenDay * 86_400_000 + Math.floor(random() * 86_400_000),
        camera: `Camera ${draw(random, SEEDED.cameras)}`,
        place: place === undefined ? null : place + 1,
        text: Array.from({ length: random() < 0.4 ? WORDS_PER_PHOTO : 0 }, () =>
          textWord(draw(random, SEEDED.words)),
        ).join(" "),
        tags: [...new Set(Array.from({ length: 4 }, () => draw(random, SEEDED.tags) + 1))],
        labels: [...new Set(Array.from({ length: 2 }, () => `label ${draw(random, SEEDED.labels)}`))],
        persons: [
          ...new Set(
            Array.from({ length: random() < 0.4 ? 2 : 0 }, () => `p${draw(random, SEEDED.persons)}`),
          ),
        ],
      };
    });
    const json = JSON.stringify(rows);
    await writes.transaction().execute(async (transaction) => {
      for (const statement of INSERTS)
        await sql`${sql.raw(statement[0])} from json_each(${json}) as row ${sql.raw(statement[1])}`.execute(
          transaction,
        );
      await textIndex.update(transaction, ids);
    });
  }
  await sql`analyze`.execute(writes);
}

const at = (field: string) => `json_extract(row.value, '$.${field}')`;

/** Statements before and after `from json_each(…) as row`. */
const INSERTS: readonly (readonly [string, string])[] = [
  [
    `insert into photos (id, path, file_name, byte_size, modified_at_ms, taken_at_ms, taken_day, taken_at_source, imported_at, status, format, width, height, camera_model, latitude, longitude)
     select ${at("id")}, ${at("path")}, ${at("name")}, 4000000, 1, ${at("ms")}, ${at("day")}, 'metadata', 1, 'completed', 'jpeg', 4000, 3000, ${at("camera")},
       case when ${at("place")} is null then null else (${at("place")} % 120) - 60 end, case when ${at("place")} is null then null else (${at("place")} % 300) - 150 end`,
    "",
  ],
  [
    `insert into photo_places (photo_id, place_id, country_code, distance_km, latitude, longitude, source)
     select ${at("id")}, ${at("place")}, 'IT', 1, (${at("place")} % 120) - 60, (${at("place")} % 300) - 150, 'bench'`,
    `where ${at("place")} is not null`,
  ],
  [
    `insert into text_lines (photo_id, position, text, folded_text, score, model_id, x1, y1, x2, y2, x3, y3, x4, y4)
     select ${at("id")}, 0, ${at("text")}, ${at("text")}, 1, 'bench', 0, 0, 1, 0, 1, 1, 0, 1`,
    `where ${at("text")} <> ''`,
  ],
  [
    `insert into photo_tags (photo_id, tag_id, score, source) select ${at("id")}, each.value, 0.8, 'model'`,
    `, json_each(row.value, '$.tags') as each`,
  ],
  [
    `insert into objects (photo_id, label, score, x, y, width, height, model_id)
     select ${at("id")}, each.value, 0.8, 0.1, 0.1, 0.4, 0.4, 'bench'`,
    `, json_each(row.value, '$.labels') as each`,
  ],
  [
    `insert into faces (photo_id, landmarks, score, quality, x, y, width, height, model_id, person_id, state, created_at)
     select ${at("id")}, '[]', 0.9, 0.7, 0.1, 0.1, 0.2, 0.2, 'bench', each.value, 'confirmed', 1`,
    `, json_each(row.value, '$.persons') as each`,
  ],
];

async function seedNames({ writes }: Database, random: () => number): Promise<void> {
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
  await writes.transaction().execute(async (transaction) => {
    for (const n of numbers(SEEDED.persons)) {
      const name = personName(n);
      await sql`insert into persons (id, name, name_key, search_name, status, is_hidden, is_favourite, created_at, updated_at)
        values (${`p${n}`}, ${name}, ${name.toUpperCase()}, ${name.toLowerCase()}, 'active', 0, 0, 1, 1)`.execute(
        transaction,
      );
    }
    await sql`delete from tags`.execute(transaction);
    for (const n of numbers(SEEDED.tags)) {
      const name = tagName(n);
      await sql`insert into tags (id, name, name_key) values (${n + 1}, ${name}, ${name})`.execute(
        transaction,
      );
      await sql`insert into category_tags (category_id, tag_id) values (${1 + Math.floor(random() * 5)}, ${n + 1})`.execute(
        transaction,
      );
    }
    for (const n of numbers(SEEDED.places)) {
      const name = placeName(n);
      await sql`insert into places (id, name, search_name, country_code, latitude, longitude, population)
        values (${n + 1}, ${name}, ${name.toLowerCase()}, 'IT', ${((n + 1) % 120) - 60}, ${((n + 1) % 300) - 150}, 100000)`.execute(
        transaction,
      );
    }
  });
}
