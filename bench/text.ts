import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sql } from "kysely";
import { type Database, openDatabase } from "../src/database/database.ts";
import { createPhotoStore } from "../src/database/photo-store.ts";
import { createSqliteTextIndex } from "../src/database/sqlite/sqlite-text-index.ts";
import type { TextIndex } from "../src/database/text-index.ts";

const WORDS_PER_PHOTO = 20;
/** Different words in the library; drawn by Zipf's law, as words of natural texts are. */
const VOCABULARY = 50_000;
const LINES_PER_PHOTO = 4;
/** One photo in so many also carries a line of Chinese characters. */
const CHINESE_EVERY = 5;
const QUERIES = 300;
/** A plain scan takes so much longer that fewer rounds tell enough. */
const SCAN_QUERIES = 20;
const HITS = 50;
const SYLLABLES = [
  "ba",
  "ce",
  "di",
  "fo",
  "gu",
  "ha",
  "je",
  "ki",
  "lo",
  "mu",
  "na",
  "pe",
  "ri",
  "so",
  "tu",
  "vi",
];

/** A random number generator (Mulberry32): the same library and queries in every run. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The n-th word: syllables as digits of a number, with an ending that makes lengths differ. */
function toWord(rank: number): string {
  let word = "";
  for (let rest = rank + 300; rest > 0; rest = Math.floor(rest / SYLLABLES.length)) {
    word += SYLLABLES[rest % SYLLABLES.length];
  }
  return rank % 3 === 0 ? `${word}n` : word;
}

/** Draws a rank by Zipf's law, p ∝ 1 / (rank + 1), by inverting its (continuous) distribution. */
function drawRank(random: () => number): number {
  return Math.min(VOCABULARY - 1, Math.floor((VOCABULARY + 1) ** random() - 1));
}

function makeWords(random: () => number): string[] {
  return Array.from({ length: WORDS_PER_PHOTO }, () => toWord(drawRank(random)));
}

function makeChinese(random: () => number): string {
  return Array.from({ length: 8 }, () =>
    String.fromCodePoint(0x4e00 + Math.floor(random() ** 2 * 3000)),
  ).join("");
}

/** What the queries are made of: the words and Chinese lines of the photos, photo by photo. */
interface Library {
  readonly words: readonly (readonly string[])[];
  readonly chinese: readonly string[];
}

async function fill(database: Database, textIndex: TextIndex, photos: number): Promise<Library> {
  const random = createRandom(1);
  const store = createPhotoStore({ database, textIndex });
  const words = Array.from({ length: photos }, () => makeWords(random));
  const chinese: string[] = [];
  for (let first = 0; first < photos; first += 500) {
    const page = words.slice(first, first + 500);
    const ids = await store.insertPhotos(
      page.map((_, i) => ({ path: `/photos/IMG_${first + i}.jpg`, byteSize: 1, modifiedAtMs: first + i })),
    );
    const lines = page.flatMap((photoWords, i) => {
      const texts = Array.from({ length: LINES_PER_PHOTO }, (_, line) =>
        photoWords.filter((__, word) => word % LINES_PER_PHOTO === line).join(" "),
      );
      if ((first + i) % CHINESE_EVERY === 0) chinese.push(makeChinese(random));
      if ((first + i) % CHINESE_EVERY === 0) texts.push(chinese.at(-1) ?? "");
      return texts.map((text, position) => toLine(ids[i] ?? 0, position, text));
    });
    await database.writes.insertInto("textLines").values(lines.slice(0, 1500)).execute();
    await database.writes.insertInto("textLines").values(lines.slice(1500)).execute();
    await database.writes.transaction().execute((transaction) => textIndex.update(transaction, ids));
  }
  return { words, chinese };
}

function toLine(photoId: number, position: number, text: string) {
  const corners = { x1: 0, y1: 0, x2: 1, y2: 0, x3: 1, y3: 1, x4: 0, y4: 1 };
  return { photoId, position, text, foldedText: text, score: 1, modelId: "bench", ...corners };
}

async function timeAll(queries: readonly string[], search: (query: string) => Promise<number>) {
  const times: number[] = [];
  let hits = 0;
  for (const query of queries) {
    const started = performance.now();
    hits += await search(query);
    times.push(performance.now() - started);
  }
  const sorted = times.toSorted((a, b) => a - b);
  const percentile = (fraction: number) => sorted[Math.floor((sorted.length - 1) * fraction)] ?? 0;
  return { p50: percentile(0.5), p95: percentile(0.95), max: percentile(1), hits: hits / queries.length };
}

function report(name: string, { p50, p95, max, hits }: Awaited<ReturnType<typeof timeAll>>): void {
  const times = [p50, p95, max].map((ms) => ms.toFixed(2).padStart(8)).join(" ");
  console.log(`  ${name.padEnd(34)} p50, p95, max ms ${times}   hits ${hits.toFixed(1)}`);
}

function makeQueries(library: Library) {
  const random = createRandom(2);
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T;
  const times = <T>(make: () => T) => Array.from({ length: QUERIES }, make);
  return {
    twoWords: times(() => {
      const words = pick(library.words);
      return `${pick(words)} ${pick(words)}`;
    }),
    chinese: times(() => pick(library.chinese).slice(2, 4)),
    parts: times(() => pick(pick(library.words)).slice(1, 6)),
    misspelt: times(() => {
      const word = toWord(5_000 + Math.floor(random() * 40_000));
      return `${word.slice(0, 3)}x${word.slice(4)}`;
    }),
  };
}

async function reportSearches(database: Database, textIndex: TextIndex, library: Library): Promise<void> {
  const queries = makeQueries(library);
  const search = async (query: string) => (await textIndex.search(query, { limit: HITS })).length;
  const scan = async (query: string) => {
    const patterns = query.split(" ").map((word) => sql<boolean>`text like ${`%${word}%`}`);
    const { rows } = await sql`
      select photo_id from (select photo_id, group_concat(text, ' ') as text from text_lines group by photo_id)
      where ${sql.join(patterns, sql` and `)} limit ${HITS * 1000}
    `.execute(database.reads);
    return rows.length;
  };
  const twoWords = await timeAll(queries.twoWords, search);
  const scans = await timeAll(queries.twoWords.slice(0, SCAN_QUERIES), scan);
  report("two words of one photo", twoWords);
  report("the same by a scan with LIKE", scans);
  console.log(`  ${"scan / index".padEnd(34)} p50 ${(scans.p50 / twoWords.p50).toFixed(0)}×`);
  report("two Chinese characters", await timeAll(queries.chinese, search));
  report("five letters within a word", await timeAll(queries.parts, search));
  report("a misspelt word", await timeAll(queries.misspelt, search));
}

/**
 * Times full-text search on a synthetic library: two-word queries beside a plain scan of the same rows, two Chinese
 * characters, parts of words, misspellings. Options: `--photos` (100000).
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { photos: { type: "string", default: "100000" } },
  });
  const directory = await mkdtemp(join(tmpdir(), "keepsight-bench-text-"));
  const database = await openDatabase({ directory });
  try {
    const textIndex = createSqliteTextIndex({ database });
    const started = performance.now();
    const library = await fill(database, textIndex, Number(values.photos));
    const seconds = (performance.now() - started) / 1000;
    console.log(
      `text: ${values.photos} photos × ${WORDS_PER_PHOTO} words, indexed in ${seconds.toFixed(1)} s`,
    );
    await reportSearches(database, textIndex, library);
  } finally {
    await database.close();
    await rm(directory, { recursive: true, force: true });
  }
}
