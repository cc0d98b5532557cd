import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type RawBuilder, sql } from "kysely";
import { createAnalysisStore } from "../src/database/analysis-store.ts";
import { type Database, openDatabase } from "../src/database/database.ts";
import { createEmbeddingStore } from "../src/database/embedding-store.ts";
import { createJobStore } from "../src/database/jobs/job-store.ts";
import { createPhotoStore } from "../src/database/photo-store.ts";
import { createSqliteTextIndex } from "../src/database/sqlite/sqlite-text-index.ts";
import { createMemoryVectorIndex } from "../src/database/vector-index/memory-vector-index.ts";
import { createPhotoVectors } from "../src/engine/search/photo-vectors.ts";
import { createSearching } from "../src/engine/search/searching.ts";
import { createRandom } from "../test/generated-photos.ts";
import { sharedPath } from "../test/shared-files.ts";
import { beginImport, beginStoring, type StorePhoto } from "./measure/import-beside.ts";
import { personName, seedForSearch, tagName, textWord } from "./measure/seed-search.ts";

const MODEL = "bench";
const WARM_UP = 10;

/** A plain scan takes so much longer that fewer rounds tell enough. */
const SCANS = 5;

/**
 * Times what people wait for while searching, with real code on a synthetic library, while photos are imported beside it by
 * real analysers: hybrid searches with two filters (by the query language; the text encoder is left out), facets, completion,
 * each beside the plain SQL that it cannot beat. Options: `--photos` (100000), `--requests` (200), `--dimensions` (512), `--idle`
 * (nothing is imported meanwhile), `--flat-out` (photos are stored without being looked at, as fast as it goes), `--models` (a
 * folder; `../shared/models` where it is there), `--library` (a directory in which the synthetic library is made, or was made
 * by an earlier run; it is kept).
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      photos: { type: "string", default: "100000" },
      requests: { type: "string", default: "200" },
      dimensions: { type: "string", default: "512" },
      idle: { type: "boolean", default: false },
      "flat-out": { type: "boolean", default: false },
      models: { type: "string", default: process.env["KEEPSIGHT_MODELS_DIR"] ?? sharedPath("models") },
      library: { type: "string" },
    },
  });
  const [photos, requests, dimensions] = [values.photos, values.requests, values.dimensions].map(Number);
  const directory = values.library ?? (await mkdtemp(join(tmpdir(), "keepsight-bench-search-")));
  await mkdir(directory, { recursive: true });
  const database = await openDatabase({ directory });
  try {
    const library = await openBenchLibrary(database, photos!, dimensions!);
    console.log(
      `search: ${photos} photos, ${requests} requests of each kind, load ${loadavg()[0]!.toFixed(1)}`,
    );
    const store = createStore(library);
    const beside = values.idle
      ? undefined
      : await (values["flat-out"] ? beginStoring(store) : beginImport(values.models, store));
    console.log(`  meanwhile: ${beside?.description ?? "nothing"}`);
    const started = performance.now();
    const storedBefore = beside?.stored() ?? 0;
    await reportSearches(library, requests!);
    await reportFacets(library, Math.max(5, Math.floor(requests! / 20)));
    await reportSuggestions(library, requests!);
    const stored = (beside?.stored() ?? 0) - storedBefore;
    const rate = (stored * 1000) / (performance.now() - started);
    console.log(
      `  photos stored meanwhile: ${stored}, ${rate.toFixed(2)} a second; load ${loadavg()[0]!.toFixed(1)}`,
    );
    await beside?.end();
    await library.searching.close();
    await library.vectors.close();
  } finally {
    await database.close();
    if (values.library === undefined) await rm(directory, { recursive: true, force: true });
  }
}

type BenchLibrary = Awaited<ReturnType<typeof openBenchLibrary>>;

async function openBenchLibrary(database: Database, count: number, dimensions: number) {
  const started = performance.now();
  const textIndex = createSqliteTextIndex({ database });
  const photos = createPhotoStore({ database, textIndex });
  if ((await photos.count({})) === 0) await seedForSearch(database, textIndex, count);
  const analyses = createAnalysisStore({ database, textIndex });
  const embeddings = createEmbeddingStore({ database });
  const createIndex = (modelId: string, length: number) =>
    createMemoryVectorIndex({ modelId, dimensions: length, precision: "f32" });
  const vectors = createPhotoVectors({ embeddings, createIndex });
  const random = createRandom(5);
  const embed = () => Float32Array.from({ length: dimensions }, () => random() - 0.5);
  await vectors.load(MODEL);
  for (let first = 1; first <= count; first += 1000) {
    const ids = Array.from({ length: Math.min(1000, count - first + 1) }, (_, i) => first + i);
    await vectors.set(ids[0]!, MODEL, embed());
    await vectors.index()!.set(ids.map((id) => ({ id, embedding: embed() })));
  }
  const searching = createSearching({
    database,
    photos,
    analyses,
    embeddings,
    jobs: createJobStore({ database }),
    textIndex,
    vectors,
    encoder: { encode: async () => ({ modelId: MODEL, embedding: embed() }) },
    teaching: {
      // Every neighbour is a hit, more than in a real library.
      trust: {
        judge: async (_query: unknown, matches: readonly object[]) =>
          matches.map((match) => ({ ...match, section: "maybe" })),
      },
      findTaught: Object.assign(async () => ({ hits: [], refused: new Set(), isLearnt: false }), {
        forget() {},
      }),
    } as unknown as Parameters<typeof createSearching>[0]["teaching"],
    createObjectIndex: createIndex,
    notify() {},
  });
  await searching.understand.prepare();
  await textIndex.prepareSuggest();
  console.log(`  made in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return { database, photos, analyses, textIndex, vectors, searching, embed };
}

/** Stores what an analyser found as the handler of imports does, and has it searched. */
function createStore({ photos, analyses, vectors, searching, embed }: BenchLibrary): StorePhoto {
  return async (path, analysis) => {
    const [id] = await photos.insertPhotos([{ path, byteSize: 4_000_000, modifiedAtMs: Date.now() }]);
    await analyses.saveAnalysis(id!, 1, analysis, []);
    await vectors.set(id!, MODEL, embed());
    await searching.onStored(id!, { steps: analysis.steps });
  };
}

interface Times {
  /** Of all threads, a request; what an import does meanwhile is among it. */
  readonly cpuMs: number;
  readonly p50: number;
  readonly p95: number;
}

async function time(
  requests: number,
  ask: (i: number) => Promise<number>,
): Promise<Times & { readonly found: number }> {
  const times: number[] = [];
  let found = 0;
  let before = process.cpuUsage();
  for (let i = -Math.min(WARM_UP, requests); i < requests; i++) {
    if (i === 0) before = process.cpuUsage();
    const started = performance.now();
    const count = await ask(i + WARM_UP);
    if (i < 0) continue;
    times.push(performance.now() - started);
    found += count;
  }
  const ascending = times.toSorted((a, b) => a - b);
  const at = (share: number) => ascending[Math.floor(share * (ascending.length - 1))]!;
  const { user, system } = process.cpuUsage(before);
  return { p50: at(0.5), p95: at(0.95), cpuMs: (user + system) / 1000 / requests, found: found / requests };
}

function report(
  name: string,
  { p50, p95, cpuMs, found }: Times & { readonly found: number },
  goal = "",
): void {
  const times = [p50, p95, cpuMs].map((ms) => ms.toFixed(1).padStart(8)).join(" ");
  console.log(
    `  ${name.padEnd(46)} p50, p95, CPU ms ${times}   found ${found.toFixed(0)}${goal === "" ? "" : `   (goal ${goal})`}`,
  );
}

async function reportSearches({ searching, database }: BenchLibrary, requests: number): Promise<void> {
  const search = async (q: string, mode: "hybrid" | "keyword" = "hybrid") => {
    const { text, words, filter } = await searching.understand(q);
    const answer = await searching.search.search({ text, words, filter, mode, limit: 50, offset: 0 });
    return answer.total;
  };
  const word = (i: number) => textWord((i * 37) % 300);
  const person = (i: number) => personName(i % 20);
  const queryOf = (i: number) => `${word(i)} person:"${person(i)}" since:${2008 + (i % 8)}`;
  const goal = "25 / 60 at 100,000, 10 times as much at 1,000,000";
  const personAndDates = await time(requests, (i) => search(queryOf(i)));
  report("hybrid, person and dates", personAndDates, goal);
  await reportBeside(personAndDates, "the words and filters by a plain scan", (i) => {
    const firstDay = (2008 + (i % 8) - 1970) * 365;
    return sql`select distinct photos.id from photos join text_lines on text_lines.photo_id = photos.id
        join faces on faces.photo_id = photos.id join persons on persons.id = faces.person_id
      where text_lines.text like ${`%${word(i)}%`} and persons.name like ${person(i)}
        and photos.taken_day >= ${firstDay} and photos.hidden_at is null`;
  });
  const tagAndPlace = await time(requests, (i) => search(`${word(i)} tag:"${tagName(i % 30)}" has:gps`));
  report("hybrid, tag and place", tagAndPlace, goal);
  await reportBeside(tagAndPlace, "the words and filters by a plain scan", (i) => {
    const tag = tagName(i % 30);
    return sql`select distinct photos.id from photos join text_lines on text_lines.photo_id = photos.id
        join photo_tags on photo_tags.photo_id = photos.id join tags on tags.id = photo_tags.tag_id
      where text_lines.text like ${`%${word(i)}%`} and tags.name like ${tag}
        and photos.latitude is not null and photos.hidden_at is null`;
  });
  const unfiltered = await time(requests, (i) => search(word(i)));
  report("hybrid, no filter", unfiltered);
  await reportBeside(
    unfiltered,
    "the words by a plain scan",
    (i) => sql`select distinct photo_id from text_lines where text like ${`%${word(i)}%`}`,
  );
  report("words only, person and dates", await time(requests, (i) => search(queryOf(i), "keyword")));
  report(
    "no text, person and dates",
    await time(requests, (i) => search(`person:"${person(i)}" since:2010`)),
  );

  async function reportBeside(
    { p50 }: Times,
    name: string,
    toQuery: (i: number) => RawBuilder<unknown>,
  ): Promise<void> {
    const scan = await time(SCANS, async (i) => (await toQuery(i).execute(database.reads)).rows.length);
    report(`  ${name}`, scan);
    console.log(`  ${"  search / scan".padEnd(46)} p50 ${(p50 / scan.p50).toFixed(2)}×`);
  }
}

async function reportFacets({ searching, database }: BenchLibrary, requests: number): Promise<void> {
  const count = async (q: string, i: number) => {
    const { text, words, filter } = await searching.understand(q);
    // Another limit each time, so that nothing is answered from memory.
    const { total } = await searching.countFacets({ text, words, filter, mode: "hybrid", limit: 10 + i });
    return total;
  };
  report("facets of a search", await time(requests, (i) => count(`${textWord(i % 300)} since:2008`, i)));
  report(
    "facets of a person's photos",
    await time(requests, (i) => count(`person:"${personName(i % 20)}"`, i)),
  );
  const all = await time(3, (i) => count("", i));
  report("facets of the whole library", all);
  const plain = await time(3, async () => {
    const { rows } = await sql`select tag_id, count(*) from photo_tags group by tag_id`.execute(
      database.reads,
    );
    return rows.length;
  });
  report("  one facet alone, by an index, no filter", plain);
  console.log(`  ${"  all ten / that one".padEnd(46)} p50 ${(all.p50 / plain.p50).toFixed(1)}×`);
}

async function reportSuggestions({ searching, database }: BenchLibrary, requests: number): Promise<void> {
  const typed = ["p", "pe", "person b", "ba", "tag", "place k", "label 1", "bakemi", "in 2019", "no", ""];
  // Every other one is how some word begins, so that most are asked for once.
  const prefix = (i: number) =>
    i % 2 === 0 ? typed[(i / 2) % typed.length]! : textWord(i * 37).slice(0, 2 + (i % 5));
  await searching.suggest("", 10);
  const suggest = await time(requests, async (i) => (await searching.suggest(prefix(i), 10)).length);
  report("completion", suggest, "10");
  for (const kind of ["word", "date", "person"] as const)
    report(
      `  ${kind} alone`,
      await time(
        Math.min(requests, 50),
        async (i) => (await searching.suggest(prefix(i), 10, [kind])).length,
      ),
    );
  const scan = await time(SCANS, async (i) => {
    const { rows } = await sql`select doc from text_vocabulary
      where term >= ${prefix(2 * i + 1)} and term < ${`${prefix(2 * i + 1)}\u{10ffff}`} order by doc desc limit 10`.execute(
      database.reads,
    );
    return rows.length;
  });
  report("  words counted by the index", scan);
  console.log(`  ${"  completion / that".padEnd(46)} p50 ${(suggest.p50 / scan.p50).toFixed(2)}×`);
}
