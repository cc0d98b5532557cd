/** A library of photos that exist in the database only: what a page of a million photos needs, in seconds. */
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { DATABASE_FILE, openDatabase } from "../../src/database/database.ts";
import { createRandom } from "../../test/generated-photos.ts";

/** Width and height of made-up photos, as cameras and telephones take them. */
const SIZES = [
  [4032, 3024],
  [3024, 4032],
  [6000, 4000],
  [4000, 6000],
  [4608, 2592],
  [3000, 3000],
  [2268, 4032],
  [8000, 2500],
] as const;

const MS_PER_DAY = 86_400_000;

/** The day of the newest photo. */
const LAST_DAY = Date.UTC(2026, 5, 30);

/** Placeholders to draw from: any ThumbHash is as good as another. */
const THUMBHASHES = [
  "1QcSHQRnh493V4dIh4eXh1h4kJUI",
  "3OcRJYB4d3h/iIeHeEh3eIhw+j2w",
  "HBkSHYSIeHiPiHh8eJd4eTN0EEQG",
];

/**
 * Writes `count` photos over `years` years into an empty library in `directory`: most days some, feasts and journeys many.
 * The same in every run.
 */
export async function writeSyntheticLibrary(directory: string, count: number, years: number): Promise<void> {
  // The schema as the product makes it.
  await (await openDatabase({ directory })).close();
  const database = new DatabaseSync(join(directory, DATABASE_FILE));
  database.exec("pragma synchronous = off; begin");
  const insert = database.prepare(
    `insert into photos (path, file_name, byte_size, modified_at_ms, format, width, height, thumbhash, status,
       taken_at_local, taken_at_ms, taken_day, taken_at_source, imported_at)
     values (?, ?, 3000000, ?, 'jpeg', ?, ?, ?, 'completed', ?, ?, ?, 'exif', ?)`,
  );
  const random = createRandom(11);
  const days = Math.round(years * 365.25);
  const weights = Float64Array.from({ length: days }, () => (random() < 0.05 ? 12 : random() < 0.2 ? 0 : 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let written = 0;
  let owed = 0;
  for (let day = 0; day < days; day++) {
    owed += (weights[day]! / total) * count;
    const last = day === days - 1 ? count : Math.min(count, Math.round(owed));
    for (; written < last; written++) {
      const at = LAST_DAY - (days - 1 - day) * MS_PER_DAY + Math.floor(random() * MS_PER_DAY);
      const [width, height] = SIZES[Math.floor(random() * SIZES.length)]!;
      const name = `IMG_${String(written).padStart(7, "0")}.JPG`;
      insert.run(
        `/photos/${name}`,
        name,
        at,
        width,
        height,
        THUMBHASHES[written % THUMBHASHES.length]!,
        new Date(at).toISOString().slice(0, 19),
        at,
        Math.floor(at / MS_PER_DAY),
        at,
      );
    }
  }
  database.exec("commit; analyze");
  database.close();
}
