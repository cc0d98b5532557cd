import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sql } from "kysely";
import { createAnalysisStore } from "../src/database/analysis-store.ts";
import { type Database, openDatabase } from "../src/database/database.ts";
import { createEmbeddingStore } from "../src/database/embedding-store.ts";
import { createJobStore } from "../src/database/job-store.ts";
import { createPhotoStore } from "../src/database/photo-store.ts";
import { createSqliteTextIndex } from "../src/database/sqlite/sqlite-text-index.ts";
import { createMemoryVectorIndex } from "../src/database/vector-index/memory-vector-index.ts";
import { createPhotoVectors } from "../src/engine/search/photo-vectors.ts";
import { createSearching } from "../src/engine/search/searching.ts";
import { createRandom } from "../test/generated-photos.ts";
import { personName, seedForSearch, SEEDED, tagName, textWord } from "./measure/seed-search.ts";

const MODEL = "bench";
const WARM_UP = 10;

/** A plain scan takes so much longer that fewer rounds tell enough. */
const SCANS = 5;

/**
 * Times what people wait for while searching, with real code on a synthetic library, while photos are stored beside it as an
 * import does: hybrid searches with two filters (by the query language; the text encoder is left out), facets, completion.
 * Options: `--photos` (100000), `--requests` (200), `--dimensions` (512), `--idle` (nothing is stored meanwhile), `--library`
 * (a directory in which the synthetic library is made, or was made by an earlier run; it is kept).
 */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      photos: { type: "string", default: "100000" },
      requests: { type: "string", default: "200" },
      dimensions: { type: "string", default: "512" },
      idle: { type: "boolean", default: false },
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
    const importing = values.idle ? undefined : beginImport(library, photos!);
    await reportSearches(library, requests!);
    await reportFacets(library, Math.max(5, Math.floor(requests! / 20)));
    await reportSuggestions(library, requests!);
    const stored = await importing?.end();
    console.log(`  photos stored meanwhile: ${stored ?? 0}; load ${loadavg()[0]!.toFixed(1)}`);
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
  console.log(`  made in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return { database, photos, analyses, textIndex, vectors, searching, embed };
}

/** Stores photos one after the other, as analyser processes hand them over. */
function beginImport({ photos, analyses, vectors, embed }: BenchLibrary, first: number) {
  let isEnding = false;
  let stored = 0;
  const done = { status: "done", modelId: "bench", durationMs: 1 } as const;
  const normalizedBox = { x: 0.1, y: 0.1, width: 0.2, height: 0.2 };
  const ended = (async () => {
    while (!isEnding) {
      const n = first + ++stored;
      const [id] = await photos.insertPhotos([{ path: `/new/${n}.jpg`, byteSize: n, modifiedAtMs: n }]);
      await analyses.saveAnalysis(
        id!,
        1,
        {
          format: "jpeg",
          metadata: { keywords: [tagName(n % SEEDED.tags)], faceRegions: [] },
          objects: [{ label: "label 1", score: 0.9, normalizedBox }],
          faces: [],
          tags: [{ name: tagName(n % 7), score: 0.8 }],
          textLines: [
            {
              text: `${textWord(n % 50)} ${textWord(n % 999)}`,
              score: 1,
              normalizedQuad: [0, 0, 1, 0, 1, 1, 0, 1],
            },
          ],
          steps: { preprocessing: done, objects: done, tags: done, ocr: done },
        },
        [],
      );
      await vectors.set(id!, MODEL, embed());
    }
  })();
  return {
    async end() {
      isEnding = true;
      await ended;
      return stored;
    },
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
  const hybrid = await time(requests, (i) => search(queryOf(i)));
  report("hybrid, person and dates", hybrid, "25 / 60 at 100,000");
  report(
    "hybrid, tag and place",
    await time(requests, (i) => search(`${word(i)} tag:"${tagName(i % 30)}" has:gps`)),
  );
  report("hybrid, no filter", await time(requests, (i) => search(word(i))));
  report("words only, person and dates", await time(requests, (i) => search(queryOf(i), "keyword")));
  report(
    "no text, person and dates",
    await time(requests, (i) => search(`person:"${person(i)}" since:2010`)),
  );
  const scan = await time(SCANS, async (i) => {
    const { rows } = await sql`
      select distinct photos.id from photos join text_lines on text_lines.photo_id = photos.id
        join faces on faces.photo_id = photos.id join persons on persons.id = faces.person_id
      where text_lines.text like ${`%${word(i)}%`} and persons.name like ${person(i)}
        and photos.taken_day >= ${(2008 + (i % 8) - 1970) * 365} and photos.hidden_at is null`.execute(
      database.reads,
    );
    return rows.length;
  });
  report("  the words and filters by a plain scan", scan);
  console.log(`  ${"  hybrid / scan".padEnd(46)} p50 ${(hybrid.p50 / scan.p50).toFixed(2)}×`);
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

async function reportSuggestions({ searching }: BenchLibrary, requests: number): Promise<void> {
  const prefixes = ["p", "pe", "person b", "ba", "tag", "place k", "label 1", "bakemi", "in 2019", "no", ""];
  await searching.suggest("", 10);
  const suggest = await time(
    requests,
    async (i) => (await searching.suggest(prefixes[i % prefixes.length]!, 10)).length,
  );
  report("completion", suggest, "10");
  for (const kind of ["word", "date", "person"] as const)
    report(
      `  ${kind} alone`,
      await time(
        Math.min(requests, 50),
        async (i) => (await searching.suggest(prefixes[i % prefixes.length]!, 10, [kind])).length,
      ),
    );
}
