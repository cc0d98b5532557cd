import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it, test as vector } from "vitest";
import type { TextField } from "../../core/search-vocabulary.ts";
import { passedFilter } from "../photo-filter.ts";
import { makeAnalysis, openTestDatabase, type TestDatabase } from "../open-test-database.ts";

interface Content {
  readonly fileName: string;
  readonly lines?: readonly string[];
  readonly keywords?: readonly string[];
  readonly people?: readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly takenAtLocal?: string;
}

const PHOTOS = {
  sign: {
    fileName: "IMG_0001.jpg",
    lines: ["GRAND OPENING", "Birthday Party 2024", "grand hotel grand bar"],
  },
  cafe: { fileName: "DSC0002.jpg", lines: ["Café Müller", "Straße 5"], title: "Breakfast in Łódź" },
  torn: { fileName: "a.jpg", lines: ["key note", "run together: HAPPYNEWYEAR", "IBU17 250ml x3900"] },
  station: { fileName: "東京駅.heic", lines: ["東京都渋谷区", "ラーメン 博多", "ガソリン"] },
  korean: { fileName: "b.jpg", lines: ["서울역에서"] },
  beach: {
    fileName: "BeachHoliday2024-05-12.jpg",
    keywords: ["Sunset"],
    people: ["José Ángel", "Ada"],
    takenAtLocal: "2024-05-12T12:00:00",
  },
  mention: {
    fileName: "m.jpg",
    lines: ["sunset boulevard, opening soon"],
    takenAtLocal: "2020-01-01T12:00:00",
  },
  punctuation: { fileName: "d.jpg", lines: ['100% "quoted" AND (either) OR-not NEAR/2 c++ a*b'] },
} as const satisfies Record<string, Content>;
type Name = keyof typeof PHOTOS;

let test: TestDatabase;
const idOf = new Map<string, number>();
const done = { status: "done", modelId: "m", durationMs: 1 } as const;

async function add(name: string, content: Content) {
  const file = { path: `/p/${name}/${content.fileName}`, byteSize: 1, modifiedAtMs: 1 };
  const [id = 0] = await test.photos.insertPhotos([file]);
  idOf.set(name, id);
  const box = { x: 0, y: 0, width: 1, height: 1 };
  const analysis = makeAnalysis(
    {
      textLines: (content.lines ?? []).map((text) => ({
        text,
        score: 1,
        normalizedQuad: [0, 0, 1, 0, 1, 1, 0, 1],
      })),
      metadata: {
        keywords: content.keywords ?? [],
        faceRegions: (content.people ?? []).map((person) => ({ name: person, normalizedBox: box })),
        ...(content.title === undefined ? {} : { title: content.title }),
        ...(content.takenAtLocal === undefined ? {} : { takenAtLocal: content.takenAtLocal }),
      },
    },
    { preprocessing: done, ocr: done },
  );
  await test.analyses.saveAnalysis(id, 1, analysis, []);
  await test.regions.takeIn(id);
}

beforeAll(async () => {
  test = await openTestDatabase();
  for (const [name, content] of Object.entries(PHOTOS)) await add(name, content);
});
afterAll(() => test.remove());

/** Names of the photos found, best first, and how. */
async function search(query: string, limit = 10) {
  const names = new Map([...idOf].map(([name, id]) => [id, name]));
  const hits = await test.textIndex.search(query, { limit });
  return hits.map(({ photoId, match }) => [names.get(photoId), match]);
}

describe("search", () => {
  vector.each<[string, Name]>([
    ["opening grand", "sign"],
    ["BIRTHDAY", "sign"],
    ["cafe muller", "cafe"],
    ["CAFÉ", "cafe"],
    ["strasse", "cafe"],
    ["lodz breakfast", "cafe"],
    ["ｃａｆｅ", "cafe"],
    ["Jose angel", "beach"],
    ["beach holiday", "beach"],
    ["beachholiday2024", "beach"],
    ["2024 05 12", "beach"],
    ["dsc 0002", "cafe"],
    ["東京", "station"],
    ["渋谷", "station"],
    ["駅", "station"],
    ["東京都渋谷区", "station"],
    ["ラーメン", "station"],
    ["博多 東京", "station"],
    ["서울", "korean"],
    ["100% quoted", "punctuation"],
    ["c++", "punctuation"],
  ])("finds %j as words", async (query, name) => {
    expect((await search(query)).filter(([, match]) => match === "words")).toEqual([[name, "words"]]);
  });

  vector.each<[string, Name]>([
    ["irthda", "sign"],
    ["grand birth", "sign"],
    ["keynote", "torn"],
    ["happy new year", "torn"],
    ["newyear", "torn"],
    ["ho beach", "beach"],
    ["quot", "punctuation"],
  ])("finds parts of words for %j", async (query, name) => {
    expect(await search(query)).toContainEqual([name, "part"]);
  });

  it("takes two letters for the beginning of a word only", async () => {
    expect(await search("gran ho")).toEqual([["sign", "part"]]);
    expect(await search("gran ot")).toEqual([]);
  });

  it("finds a short number behind letters, and letters behind a number, that are written without a space", async () => {
    expect(await search("17")).toEqual([["torn", "part"]]);
    expect(await search("ml")).toEqual([["torn", "part"]]);
    expect(await search("17 ml")).toEqual([["torn", "part"]]);
    expect(await search("39")).toEqual([]);
  });

  vector.each<[string, Name]>([
    ["brithday", "sign"],
    ["birthdya", "sign"],
    ["birhday party", "sign"],
    ["openning", "sign"],
    ["sunzet", "beach"],
    ["susnet", "beach"],
    ["mulller", "cafe"],
    ["beech", "beach"],
    ["hotle", "sign"],
  ])("finds the likes of the misspelt %j", async (query, name) => {
    expect(await search(query)).toContainEqual([name, "similar"]);
  });

  it("tells voiced from unvoiced kana", async () => {
    expect(await search("カソリン")).toEqual([]);
  });

  it("puts what people said of a photo before what is written in it", async () => {
    expect(await search("sunset")).toEqual([
      ["beach", "words"],
      ["mention", "words"],
    ]);
  });

  it("puts more of a word before less of it, and whole words before parts", async () => {
    const hits = await search("opening");
    expect(hits.map(([, match]) => match)).toEqual(["words", "words"]);
    expect((await search("open")).map(([, match]) => match)).toEqual(["part", "part"]);
    const scores = (await test.textIndex.search("grand", { limit: 5 })).map(({ score }) => score);
    expect(scores[0]).toBeGreaterThan(3);
  });

  it("falls back to some of the words when no photo has all", async () => {
    expect(await search("sunset zzzzqqqq")).toEqual([
      ["beach", "some"],
      ["mention", "some"],
    ]);
    expect(await search("sunset opening grand")).not.toContainEqual(["beach", "words"]);
  });

  it("keeps to the limit and to the filter", async () => {
    expect(await search("sunset", 1)).toEqual([["beach", "words"]]);
    const filter = { takenTo: "2021-01-01" };
    const hits = await test.textIndex.search("sunset", { limit: 5, filter });
    expect(hits.map(({ photoId }) => photoId)).toEqual([idOf.get("mention")]);
    expect(
      await test.textIndex.search("brithday", { limit: 5, filter: { takenFrom: "2023-01-01" } }),
    ).toEqual([]);
  });

  vector.each(["", "   ", "👍🏽", "%", '"', "\u0000", "()*^:-+", "\ud800"])(
    "finds nothing for %j",
    async (query) => {
      expect(await search(query)).toEqual([]);
    },
  );

  vector.each([
    '"',
    'grand "opening',
    "grand AND",
    "NOT grand",
    "grand NEAR opening",
    "text:grand",
    "{text tags}: grand",
    "grand*",
    "^grand",
    "-grand",
    "grand\u0000opening",
    "'; drop table photos; --",
    "a".repeat(10_000),
    "東".repeat(10_000),
    Array.from({ length: 5000 }, (_, i) => `w${i}`).join(" "),
    "grand ".repeat(2000),
    "\u0301\u0301 \u200d\ufe0f \ud800 \udc00",
    "नमस्ते สวัสดี مرحبا",
  ])("takes the nasty query %#", async (query) => {
    const hits = await test.textIndex.search(query, { limit: 5 });
    expect(hits.length).toBeLessThanOrEqual(5);
  });

  it("takes any string for a query", async () => {
    const property = fc.asyncProperty(fc.string({ unit: "binary", maxLength: 40 }), async (query) => {
      const hits = await test.textIndex.search(query, { limit: 3 });
      await test.textIndex.suggest(query, 3);
      await test.textIndex.explain([1, 2], query);
      expect(hits.length).toBeLessThanOrEqual(3);
    });
    await fc.assert(property, { numRuns: 60, seed: 3 });
  });
});

describe("suggest", () => {
  it("completes words of the index, most frequent first", async () => {
    const words = (await test.textIndex.suggest("OPEN", 5)).map(({ word }) => word);
    expect(words).toEqual(["opening"]);
    const [first] = await test.textIndex.suggest("a nice sun", 5);
    expect(first).toEqual({ word: "sunset", photos: 2 });
    expect(await test.textIndex.suggest("", 5)).toEqual([]);
  });
});

describe("explain", () => {
  vector.each<[string, Name, TextField, readonly string[]]>([
    ["opening", "sign", "text", ["OPENING"]],
    ["cafe", "cafe", "text", ["Café"]],
    ["lodz", "cafe", "caption", ["Łódź"]],
    ["jose", "beach", "people", ["José"]],
    ["sunset", "beach", "tags", ["sunset"]],
    ["holiday", "beach", "fileName", ["Holiday"]],
    ["東京", "station", "text", ["東京"]],
    ["irthda", "sign", "text", ["Birthday"]],
    ["keynote", "torn", "text", ["key note"]],
    ["brithday", "sign", "text", ["Birthday"]],
  ])("says of %j in %s: %s %j", async (query, name, field, words) => {
    const id = idOf.get(name) ?? 0;
    const explanations = (await test.textIndex.explain([id], query)).get(id) ?? [];
    const found = explanations.find((explanation) => explanation.field === field);
    expect(found?.words).toEqual(expect.arrayContaining([...words]));
  });

  it("says nothing of fields that do not match", async () => {
    const id = idOf.get("beach") ?? 0;
    const explanations = await test.textIndex.explain([id, 9999], "ada");
    expect([...explanations]).toEqual([[id, [{ field: "people", words: ["Ada"] }]]]);
  });

  it("claims of a query of two letters only words that begin with them, as the search does", async () => {
    const id = idOf.get("beach") ?? 0;
    const words = async (query: string) =>
      ((await test.textIndex.explain([id], query)).get(id) ?? []).flatMap((explanation) => explanation.words);
    expect(await words("su")).toContain("sunset");
    expect(await words("se")).toEqual([]);
    const torn = idOf.get("torn") ?? 0;
    expect((await test.textIndex.explain([torn], "17 ml")).get(torn)).toEqual([
      { field: "text", words: ["IBU17", "250ml"] },
    ]);
  });
});

describe("rebuild", () => {
  it("makes a lost index anew from the tables", async () => {
    const before = await search("sunset");
    await sql`insert into text_words (text_words) values ('delete-all')`.execute(test.database.writes);
    await sql`delete from text_terms`.execute(test.database.writes);
    expect(await search("sunset")).toEqual([]);
    const progress: number[] = [];
    await test.textIndex.rebuild((count) => progress.push(count));
    expect(await search("sunset")).toEqual(before);
    expect(await search("irthda")).toEqual([["sign", "part"]]);
    expect(progress).toEqual([idOf.size]);
  });

  it("is sound inside, and forgets photos that are gone", async () => {
    await add("gone", { fileName: "vanished.jpg" });
    expect(await search("vanished")).toEqual([["gone", "words"]]);
    await test.database.writes
      .deleteFrom("photos")
      .where("id", "=", idOf.get("gone") ?? 0)
      .execute();
    expect(await search("vanished")).toEqual([]);
    await test.textIndex.rebuild();
    expect(await test.textIndex.suggest("vanished", 5)).toEqual([]);
    await sql`insert into text_words (text_words) values ('integrity-check')`.execute(test.database.writes);
  });
});

describe("a search among some photos", () => {
  it("finds the same among photos of which it is known that they pass", async () => {
    const all = await test.textIndex.search("opening", { limit: 10 });
    const ids = all.map(({ photoId }) => photoId);
    expect(ids.length).toBeGreaterThan(1);
    for (const some of [ids, ids.slice(1), []]) {
      const asked = await test.textIndex.search("opening", { limit: 10, filter: { ids: some } });
      const known = await test.textIndex.search("opening", { limit: 10, filter: passedFilter(some) });
      expect(known).toEqual(asked);
      expect(known.map(({ photoId }) => photoId)).toEqual(some);
    }
  });

  it("tells what is wrong with a filter by its code", async () => {
    const search = test.textIndex.search("opening", { limit: 10, filter: { takenFrom: "2024-02-30" } });
    await expect(search).rejects.toMatchObject({ code: "bad_request" });
  });
});
