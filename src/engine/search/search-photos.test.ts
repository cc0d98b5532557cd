import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawPhoto, drawWord } from "../../../test/api/open-test-library.ts";
import { writeClipTowers } from "../../../test/onnx-towers.ts";
import { openLibrary } from "../../app/open-library.ts";
import { readConfig } from "../../config.ts";
import type { AnalyserSettings } from "../analyser/analyser-protocol.ts";
import { createAnalyserWorker } from "../analyser/analyser-worker.ts";
import { createLogger } from "../../core/logger.ts";
import type { PhotoFilter } from "../../core/photo-filter.ts";
import { createEmbeddingStore } from "../../database/embedding-store.ts";
import { createObjectStore } from "../../database/object-store.ts";
import { openTestDatabase } from "../../database/open-test-database.ts";
import { createPhotoPages } from "../../database/photo-pages.ts";
import { createMemoryVectorIndex } from "../../database/vector-index/memory-vector-index.ts";
import type { VisionModels } from "../../vision/choose-models.ts";
import { createFindTaught } from "../concepts/find-taught.ts";
import { createPhotoVectors } from "./photo-vectors.ts";
import { createQueryEncoder } from "./query-encoder.ts";
import type { SearchHit } from "./explain-hits.ts";
import { createPhotoSearch, type PhotoQuery } from "./search-photos.ts";

/** Photos of a library whose text-image model knows colours. */
let colours: OpenLibrary;
/** The same without any text-image model. */
let wordsOnly: OpenLibrary;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "keepsight-search-"));
  writeClipTowers(join(directory, "towers"));
  const plain = { "exit.png": await drawWord("EXIT"), "red.jpg": await drawPhoto("red") };
  const files = {
    ...plain,
    "sunset.jpg": await drawPhoto("#d02010", { takenAt: "2023:05:06 19:00:00", camera: "Box 1" }),
    "meadow.jpg": await drawPhoto("green", { takenAt: "2024:02:03 10:00:00", camera: "Box 1" }),
    "sea.jpg": await drawPhoto("blue", { takenAt: "2024:02:20 12:00:00" }),
    "pond.jpg": await drawPhoto("#1030e0", { takenAt: "2024:02:21 12:00:00" }),
    "night.jpg": await drawPhoto("black"),
  };
  colours = await open("colours", files, join(directory, "towers"));
  wordsOnly = await open("words", plain, "");
}, 120_000);
afterAll(async () => {
  await Promise.all([colours.library.close(), wordsOnly.library.close()]);
  await rm(directory, { recursive: true, force: true });
});

type OpenLibrary = Awaited<ReturnType<typeof open>>;

/** A library of these files, imported whole. */
async function open(name: string, files: Readonly<Record<string, Buffer>>, modelFolder: string) {
  const folder = join(directory, name, "photos");
  await mkdir(folder, { recursive: true });
  for (const [file, bytes] of Object.entries(files)) await writeFile(join(folder, file), bytes);
  const config = readConfig({
    KEEPSIGHT_DATA_DIR: join(directory, name, "data"),
    KEEPSIGHT_MODELS_DIR: modelFolder,
    KEEPSIGHT_OFFLINE: "true",
    KEEPSIGHT_ANALYSERS: "1",
  });
  const library = await openLibrary(config, createLogger("silent"), "owning");
  await library.start({ folders: [folder], isWatching: false });
  await library.runner.whenIdle();
  const { items } = await library.photos.list({}, { sort: "newest", limit: 100, offset: 0 });
  const idOf = (fileName: string) => items.find((photo) => photo.fileName === fileName)!.id;
  return { library, idOf };
}

const NOTHING_TAUGHT = {
  list: async () => [],
  photosOf: async () => [],
  examplesOf: async () => ({ examples: [], counterexamples: [] }),
};

const ask = (text: string, changes: Partial<PhotoQuery> = {}): PhotoQuery => ({
  text,
  mode: "hybrid",
  filter: {},
  limit: 50,
  offset: 0,
  ...changes,
});

const search = (text: string, changes?: Partial<PhotoQuery>) =>
  colours.library.search.search(ask(text, changes));

const namesOf = (hits: readonly SearchHit[]) => hits.map(({ photo }) => photo.fileName);

const found = async (text: string, changes?: Partial<PhotoQuery>) =>
  namesOf((await search(text, changes)).hits);

describe("createPhotoSearch", () => {
  it("finds words written in a photo, and says where", async () => {
    const { hits, total, mode, notice } = await search("exit", {
      mode: "keyword",
      filter: { hasText: true },
    });
    expect({ total, mode, notice }).toEqual({ total: 1, mode: "keyword", notice: undefined });
    const [{ photo, reasons }] = hits as [SearchHit];
    expect(photo.fileName).toBe("exit.png");
    const reason = reasons.find(({ channel }) => channel === "text");
    expect(reason).toMatchObject({ rank: 1, matches: [expect.stringMatching(/exit/i)] });
    const [box] = reason!.normalizedBoxes;
    expect(box!.x).toBeGreaterThan(0.1);
    expect(box!.x + box!.width).toBeLessThan(0.9);
  });

  it("is sure of photos with all words that say something, and not of those with some of the words", async () => {
    const askWords = async (query: string) => {
      const { text, words } = await wordsOnly.library.understand(query);
      const { hits, verdict } = await wordsOnly.library.search.search(ask(text, { words, mode: "keyword" }));
      return { verdict, found: hits.map(({ photo, section }) => [photo.fileName, section]) };
    };
    // "Our" and "the" are in no file name, and nobody who types them asks for them.
    const sure = { verdict: "strong", found: [["red.jpg", "strong"]] };
    for (const query of ["red", "our red", "the red in my photos", '"our red"'])
      expect(await askWords(query), query).toEqual(sure);
    expect(await askWords("wooden red")).toEqual({ verdict: "maybe", found: [["red.jpg", "maybe"]] });
    expect(await askWords("wooden")).toEqual({ verdict: "nothing", found: [] });
  });

  it("finds photos by what they look like, most similar first", async () => {
    const { hits, mode } = await search("blue", { mode: "semantic" });
    expect(mode).toBe("semantic");
    expect(new Set(namesOf(hits).slice(0, 2))).toEqual(new Set(["sea.jpg", "pond.jpg"]));
    const similarities = hits.map(({ reasons }) => reasons[0]!.similarity!);
    expect(similarities).toEqual(similarities.toSorted((a, b) => b - a));
    expect(hits[0]!.reasons).toEqual([
      {
        channel: "meaning",
        rank: 1,
        similarity: similarities[0],
        distinction: expect.any(Number),
        matches: [],
        normalizedBoxes: [],
      },
    ]);
  });

  it("puts first what both words and meaning find, and says so", async () => {
    const { hits, total } = await search("red");
    const [{ photo, score, reasons }] = hits as [SearchHit];
    expect(photo.fileName).toBe("red.jpg");
    expect(reasons.map(({ channel }) => channel).toSorted()).toEqual(["fileName", "meaning"]);
    const ranks = reasons.map(({ rank }) => rank!);
    expect(score).toBeCloseTo(1 / (60 + ranks[0]!) + 1 / (60 + ranks[1]!), 12);
    expect(total).toBe(namesOf(hits).length);
  });

  it("gives what matches by meaning in the order of plain similarity, and nothing else", async () => {
    const { library } = colours;
    const { hits, verdict, sections } = await search("blue", { mode: "semantic" });
    expect(namesOf(hits).toSorted()).toEqual(["pond.jpg", "sea.jpg"]);
    expect({ verdict, sections }).toEqual({ verdict: "strong", sections: { strong: 2, maybe: 0 } });
    expect(hits.every(({ section }) => section === "strong")).toBe(true);
    expect(hits[0]!.reasons[0]!.distinction).toBeGreaterThan(5);
    const [background] = await library.trust.list();
    expect(background).toMatchObject({ modelId: "test-colours", libraryPhotos: expect.any(Number) });
    expect(background!.texts).toHaveLength(64);
  });

  it.each(["qzxv blorp", "colourless ideas sleep furiously", "zzyzx wumpus"])(
    "says that nothing matches %j, in every mode",
    async (text) => {
      for (const mode of ["hybrid", "keyword", "semantic"] as const) {
        const { hits, total, verdict, sections } = await search(text, { mode });
        expect({ hits, total, verdict, sections }, mode).toEqual({
          hits: [],
          total: 0,
          verdict: "nothing",
          sections: { strong: 0, maybe: 0 },
        });
      }
    },
  );

  it("puts what is only spelt alike among the doubtful hits", async () => {
    const { hits, verdict } = await search("sunste", { mode: "keyword" });
    expect(verdict).toBe("maybe");
    expect(hits[0]!.section).toBe("maybe");
    expect((await search("sunset", { mode: "keyword" })).verdict).toBe("strong");
    expect((await search("", {})).verdict).toBe(undefined);
  });

  it("finds what is spelt a little differently, and says that it is only similar", async () => {
    const { hits } = await search("sunste", { mode: "keyword" });
    expect(namesOf(hits)).toEqual(["sunset.jpg"]);
    expect(hits[0]!.reasons[0]).toMatchObject({ channel: "fuzzy", rank: 1 });
  });

  it.each<[PhotoFilter, string[]]>([
    [{ cameras: ["Box 1"] }, ["meadow.jpg", "sunset.jpg"]],
    [{ takenFrom: "2024-02-01", takenTo: "2024-02-20" }, ["meadow.jpg", "sea.jpg"]],
    [{ takenFrom: "2024-01-01", takenTo: "2024-12-31", cameras: ["Box 1"] }, ["meadow.jpg"]],
    [{ formats: ["png"] }, ["exit.png"]],
    [{ ids: [] }, []],
  ])("finds in every mode only what the filter %j leaves", async (filter, names) => {
    expect((await found("", { filter })).toSorted()).toEqual(names);
    for (const mode of ["semantic", "hybrid"] as const) {
      const everywhere = await found("red", { mode });
      const wanted = everywhere.filter((name) => names.includes(name));
      expect(await found("red", { mode, filter }), mode).toEqual(wanted);
    }
    const words = await found("red meadow sea exit sunset", { mode: "keyword", filter });
    expect(names).toEqual(expect.arrayContaining(words));
  });

  it("lists everything newest first when nothing is looked for", async () => {
    const { hits, total } = await search("  ", { limit: 3, filter: { takenTo: "2024-12-31" } });
    expect(namesOf(hits)).toEqual(["pond.jpg", "sea.jpg", "meadow.jpg"]);
    expect(total).toBe(4);
    expect(hits[0]).toMatchObject({ score: 0, reasons: [] });
  });

  it("gives every hit once over all pages, in one order", async () => {
    const whole = await found("red");
    const pages = await Promise.all([0, 2, 4, 6].map((offset) => found("red", { limit: 2, offset })));
    expect(pages.flat()).toEqual(whole);
    expect(await found("red", { offset: 50 })).toEqual([]);
  });

  it("finds nothing for words that are nowhere, and bears any text", async () => {
    expect(await found("zzyzx", { mode: "keyword" })).toEqual([]);
    for (const text of [
      '"',
      "'; drop table photos; --",
      "a AND (b OR",
      "*",
      "\u0000",
      "🙂",
      "x".repeat(5000),
    ])
      await expect(search(text), text).resolves.toBeDefined();
  });

  it("leaves out photos that were removed", async () => {
    const id = colours.idOf("night.jpg");
    expect(await found("black", { mode: "semantic" })).toContain("night.jpg");
    await colours.library.photos.hide(id, "test");
    for (const mode of ["semantic", "hybrid", "keyword"] as const)
      expect(await found("black night", { mode }), mode).not.toContain("night.jpg");
  });

  it("searches words only where no text-image model is installed, and says so", async () => {
    const hybrid = await wordsOnly.library.search.search(ask("exit"));
    expect(hybrid).toMatchObject({
      mode: "keyword",
      notice: expect.stringContaining("only words were searched"),
    });
    expect(namesOf(hybrid.hits)).toEqual(["exit.png"]);
    const semantic = await wordsOnly.library.search.search(ask("exit", { mode: "semantic" }));
    expect(semantic).toMatchObject({ mode: "semantic", total: 0, hits: [] });
    expect(semantic.notice).toMatch(
      /No text-image model is installed, so photos cannot be searched by meaning/,
    );
  });

  it("searches words when the text-image model fails, and says so", async () => {
    const test = await openTestDatabase();
    const [id] = await test.photos.insertPhotos([{ path: "/p/exit.jpg", byteSize: 1, modifiedAtMs: 1 }]);
    const worker = createAnalyserWorker({
      entry: new URL("../analyser/test-processes/scripted-analyser.ts", import.meta.url),
      settings: {} as AnalyserSettings,
      timeoutMs: 60_000,
      maxMemoryBytes: 4e9,
      logger: createLogger("silent"),
    });
    const encoder = createQueryEncoder(worker, { clip: {} } as VisionModels);
    const vectors = createPhotoVectors({
      embeddings: createEmbeddingStore({ database: test.database }),
      createIndex: (modelId, dimensions) =>
        createMemoryVectorIndex({ modelId, dimensions, precision: "f32" }),
    });
    const { photos, analyses, textIndex } = test;
    const judging = {
      trust: { judge: async () => [] },
      findTaught: createFindTaught({ store: NOTHING_TAUGHT, photos }),
    };
    const finding = {
      pages: createPhotoPages(test),
      objects: createObjectStore(test),
      objectVectors: vectors,
    };
    const failing = createPhotoSearch({
      photos,
      analyses,
      textIndex,
      vectors,
      encoder,
      ...judging,
      ...finding,
    });
    // The process does what the query says.
    const hybrid = await failing.search(ask("/exit"));
    expect(hybrid.hits.map(({ photo }) => photo.id)).toEqual([id]);
    expect(hybrid).toMatchObject({ mode: "keyword", notice: expect.stringContaining("failed just now") });
    await expect(failing.search(ask("/exit", { mode: "semantic" }))).rejects.toMatchObject({
      code: "analyser_crashed",
    });
    await encoder.close();
    await test.remove();
  });
});

describe("createSuggest", () => {
  it("completes words of photos and cameras, of the kinds asked for", async () => {
    expect(await colours.library.suggest("box", 10)).toContainEqual({
      kind: "camera",
      value: "Box 1",
      count: 2,
      operator: 'camera:"Box 1"',
    });
    expect(await colours.library.suggest("exi", 10, ["word"])).toEqual([
      { kind: "word", value: "exit", count: 1, operator: "exit" },
    ]);
    expect(await colours.library.suggest("exi", 10, ["tag", "person"])).toEqual([]);
  });

  it("gives at most as many as asked for, and any text is a prefix", async () => {
    expect(await colours.library.suggest("", 1)).toHaveLength(1);
    for (const text of ["%", "_", "\\", '"', "*"]) expect(await colours.library.suggest(text, 5)).toEqual([]);
  });
});
