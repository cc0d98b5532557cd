import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Problem } from "../../src/api/common.ts";
import { ChangedConcept, ConceptPage, ConceptPhotos } from "../../src/api/concepts.ts";
import { HistoryPage } from "../../src/api/people.ts";
import { SearchResult } from "../../src/api/search.ts";
import { SimilarResult } from "../../src/api/similar.ts";
import { BackgroundList } from "../../src/api/trust.ts";
import { createModels } from "../../src/app/create-models.ts";
import { readConfig } from "../../src/config.ts";
import { openDatabase } from "../../src/database/database.ts";
import { createEmbeddingStore } from "../../src/database/embedding-store.ts";
import { dotProduct, normalize } from "../../src/math/vector.ts";
import { loadRunners } from "../../src/vision/load-runners.ts";
import { writeClipTowers } from "../onnx-towers.ts";
import { drawPhoto, openTestLibrary, type TestLibrary } from "./open-test-library.ts";

const MODEL = "test-colours";

/** A photo with one colour on its left and another on its right. */
async function drawHalves(left: string, right: string): Promise<Buffer> {
  const half = (background: string) => ({
    create: { width: 160, height: 240, channels: 3 as const, background },
  });
  return sharp({ create: { width: 320, height: 240, channels: 3, background: left } })
    .composite([{ input: await sharp(half(right)).png().toBuffer(), left: 160, top: 0 }])
    .jpeg()
    .toBuffer();
}

let test: TestLibrary;
let folder: string;
let embeddings: ReadonlyMap<number, Float32Array>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "keepsight-teaching-"));
  writeClipTowers(folder);
  const files: Record<string, Buffer> = {};
  for (const [i, colour] of ["#ff0000", "#e01008", "#d00000", "#c81010", "#f01818"].entries())
    files[`r${i}.jpg`] = await drawPhoto(colour);
  for (const [i, colour] of ["#00ff00", "#10e008", "#00c000"].entries())
    files[`g${i}.jpg`] = await drawPhoto(colour);
  for (const [i, colour] of ["#0000ff", "#1008e0", "#0000c0"].entries())
    files[`b${i}.jpg`] = await drawPhoto(colour);
  // What no word of the model means: red and blue side by side, in several shades.
  for (const [i, [left, right]] of [
    ["#ff0000", "#0000ff"],
    ["#e00000", "#0000f0"],
    ["#f00000", "#0000e0"],
    ["#f80000", "#0000f8"],
    ["#ea0000", "#0000ea"],
  ].entries())
    files[`halves${i}.jpg`] = await drawHalves(left!, right!);
  files["both.jpg"] = await drawHalves("#00ff00", "#ff0000");
  test = await openTestLibrary({ settings: { KEEPSIGHT_MODELS_DIR: folder }, files });
  embeddings = await readEmbeddings();
}, 120_000);
afterAll(async () => {
  await test.close();
  await rm(folder, { recursive: true, force: true });
});

async function readEmbeddings(): Promise<ReadonlyMap<number, Float32Array>> {
  const database = await openDatabase({ directory: test.dataDirectory, isReadOnly: true });
  try {
    const page = await createEmbeddingStore({ database }).readPage({
      ownerKind: "photo",
      modelId: MODEL,
      afterOwnerId: 0,
      limit: 100,
    });
    return new Map(
      page.ownerIds.map((id, i) => [
        id,
        page.embeddings.slice(i * page.dimensions, (i + 1) * page.dimensions),
      ]),
    );
  } finally {
    await database.close();
  }
}

async function call(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; json: unknown }> {
  const isForm = body instanceof FormData;
  const response = await fetch(`${test.url}/api/v1${path}`, {
    method,
    ...(body === undefined
      ? {}
      : isForm
        ? { body }
        : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  return { status: response.status, json: await response.json() };
}

const search = async (q: string, more = "") =>
  SearchResult.parse((await call("GET", `/search?q=${encodeURIComponent(q)}${more}`)).json);
const similar = async (body: unknown) =>
  SimilarResult.parse((await call("POST", "/search/similar", body)).json);
const changed = ({ json }: { json: unknown }) => ChangedConcept.parse(json);
const namesOf = (items: readonly { photo: { fileName: string } }[]) =>
  items.map(({ photo }) => photo.fileName);
const undo = (decisionId: number) => call("POST", `/history/${decisionId}/undo`);
const idsOf = (...names: string[]) => names.map((name) => test.idOf(name));

/** Photo names by similarity with an embedding, computed one by one. */
function rank(embedding: Float32Array, without: readonly number[] = []) {
  return [...embeddings]
    .filter(([id]) => !without.includes(id))
    .map(([id, photo]) => ({ id, similarity: dotProduct(embedding, photo) }))
    .toSorted((a, b) => b.similarity - a.similarity || a.id - b.id);
}

describe("searching by meaning", () => {
  it("equals a brute-force search, cut where chance begins", async () => {
    const config = readConfig({ KEEPSIGHT_MODELS_DIR: folder, KEEPSIGHT_OFFLINE: "true" });
    const clip = (await createModels(config).resolve(MODEL))!;
    const runners = loadRunners({ clip }, { threads: 1 });
    try {
      for (const colour of ["red", "green", "blue"]) {
        const { items, verdict, sections, total } = await search(colour, "&mode=semantic&pageSize=100");
        const expected = rank(await runners.textEncoder!.encode(colour)).slice(0, items.length);
        // Sections first, then similarity, as the reference has it within each.
        const strong = items.filter(({ section }) => section === "strong");
        expect(items.slice(0, strong.length)).toEqual(strong);
        const byId = new Map(expected.map(({ id, similarity }) => [id, similarity]));
        for (const { photo, reasons } of items)
          expect(reasons[0]!.similarity).toBeCloseTo(byId.get(photo.id)!, 4);
        expect(new Set(items.map(({ photo }) => photo.id))).toEqual(new Set(byId.keys()));
        expect({ verdict, total }).toEqual({ verdict: "strong", total: sections.strong + sections.maybe });
        expect(namesOf(strong).filter((name) => name.startsWith(colour[0]!)).length).toBeGreaterThanOrEqual(
          3,
        );
      }
    } finally {
      await runners.release();
    }
  });

  it("says that nothing matches what nobody can mean, and what its measure is", async () => {
    for (const mode of ["hybrid", "semantic", "keyword"])
      expect(await search("qzxv blorp", `&mode=${mode}`), mode).toMatchObject({
        items: [],
        total: 0,
        verdict: "nothing",
      });
    const { items } = BackgroundList.parse((await call("GET", "/search/backgrounds")).json);
    expect(items).toMatchObject([{ modelId: MODEL, texts: 64 }]);
    expect(items[0]!.strongPhotoSimilarity).toBeGreaterThan(items[0]!.maybePhotoSimilarity);
  });
});

describe("concepts", () => {
  it("are learnt from three examples and then rank first: as a tag, a filter and words to search for", async () => {
    const made = changed(
      await call("POST", "/concepts", {
        name: "Our Flag",
        exampleIds: idsOf("halves0.jpg", "halves1.jpg", "halves2.jpg"),
      }),
    );
    expect(made).toMatchObject({
      name: "Our Flag",
      kind: "named",
      state: "ready",
      examples: 3,
      modelId: MODEL,
    });
    expect(made.trainedMs).toBeGreaterThanOrEqual(0);
    const flags = ["halves0.jpg", "halves1.jpg", "halves2.jpg", "halves3.jpg", "halves4.jpg"];

    const found = ConceptPhotos.parse((await call("GET", `/concepts/${made.id}/photos`)).json);
    expect(namesOf(found.items).slice(0, 5).toSorted()).toEqual(flags);
    expect(found.items.slice(0, 3).every(({ isExample, score }) => isExample === true && score === 1)).toBe(
      true,
    );
    expect(namesOf(found.items.filter(({ section }) => section === "strong")).toSorted()).toEqual(flags);

    const { items, verdict } = await search("our flag");
    expect(verdict).toBe("strong");
    expect(namesOf(items).slice(0, 5).toSorted()).toEqual(flags);
    const unseen = items.find(({ photo }) => photo.fileName === "halves4.jpg")!;
    expect(unseen.reasons).toContainEqual(
      expect.objectContaining({ channel: "concept", matches: ["Our Flag"] }),
    );
    for (const [q, expected] of [
      ["concept:our-flg", []],
      ['concept:"our flag"', flags],
      ["our flag", flags],
    ] as const)
      expect(namesOf((await search(q)).items).toSorted(), q).toEqual(expected);
    expect((await search('-concept:"our flag"', "&pageSize=100")).total).toBe(embeddings.size - flags.length);
    // Names are read anew every few seconds.
    await expect
      .poll(async () => (await search("our flag")).query.chips, { timeout: 30_000 })
      .toMatchObject([{ kind: "concept", label: "Our Flag", operator: 'concept:"Our Flag"' }]);
    const recognised = await search("our flag");
    expect(namesOf(recognised.items).toSorted()).toEqual(flags);
    expect(recognised.verdict).toBe("strong");
    await expect
      .poll(async () => (await call("GET", "/search/suggest?q=fl&kind=concept")).json, { timeout: 30_000 })
      .toMatchObject({
        items: [{ kind: "concept", value: "Our Flag", count: 5, operator: 'concept:"Our Flag"' }],
      });
    for (const filter of ["concept=our%20flag", `concept=${made.id}`, "tag=our%20flag"])
      expect(namesOf((await search("", `&${filter}`)).items).toSorted(), filter).toEqual(flags);

    expect((await call("POST", "/concepts", { name: "OUR  flag" })).status).toBe(409);
    await undo(made.decisionId);
    expect((await search("our flag", "&mode=keyword")).verdict).toBe("nothing");
    expect((await call("GET", `/concepts/${made.id}`)).status).toBe(404);
  });

  it("are learnt again when examples change, follow photos that come, and every word can be taken back", async () => {
    const made = changed(
      await call("POST", "/concepts", { name: "Warm", exampleIds: idsOf("r0.jpg", "r1.jpg") }),
    );
    const examples = [
      { photoId: test.idOf("halves0.jpg"), isExample: false },
      { photoId: test.idOf("r4.jpg"), isExample: true },
    ];
    const taught = changed(await call("POST", `/concepts/${made.id}/examples`, { examples }));
    expect(taught).toMatchObject({ examples: 3, counterexamples: 1 });
    const photos = async () =>
      ConceptPhotos.parse((await call("GET", `/concepts/${made.id}/photos?pageSize=100`)).json);
    const strong = async () => namesOf((await photos()).items.filter(({ section }) => section === "strong"));
    expect((await strong()).toSorted()).toEqual(["r0.jpg", "r1.jpg", "r2.jpg", "r3.jpg", "r4.jpg"]);
    expect(namesOf((await photos()).items)).not.toContain("halves0.jpg");

    const form = new FormData();
    form.append("file", new Blob([new Uint8Array(await drawPhoto("#dd0404"))]), "r9.jpg");
    const added = (await call("POST", "/ingest", form)).json as { photoId: number };
    await test.library.runner.whenIdle();
    expect(await strong()).toContain("r9.jpg");
    await test.library.photos.hide(added.photoId, "test");

    await undo(taught.decisionId);
    expect(await call("GET", `/concepts/${made.id}`)).toMatchObject({
      json: { examples: 2, counterexamples: 0 },
    });
    const renamed = changed(await call("PUT", `/concepts/${made.id}`, { name: "Hot" }));
    expect((await search("", "&tag=warm")).total).toBe(0);
    expect((await search("", "&tag=hot")).total).toBe((await strong()).length);
    await undo(renamed.decisionId);
    const removed = (await call("DELETE", `/concepts/${made.id}`)).json as { decisionId: number };
    expect(ConceptPage.parse((await call("GET", "/concepts?kind=named")).json).total).toBe(0);
    await undo(removed.decisionId);
    expect(ConceptPage.parse((await call("GET", "/concepts?kind=named")).json).items).toMatchObject([
      { name: "Warm", state: "ready" },
    ]);
    expect((await search("", "&tag=warm")).total).toBeGreaterThan(2);
    const { items } = HistoryPage.parse((await call("GET", "/history")).json);
    expect(items.map(({ summary }) => summary)).toContain("Said of 2 photos whether they show Warm");
    await call("DELETE", `/concepts/${made.id}`);
  });

  it("wait for examples, and refuse photos and names that are none", async () => {
    const empty = changed(await call("POST", "/concepts", { name: "Nothing yet" }));
    expect(empty).toMatchObject({ state: "needs-examples", trainedMs: null, photos: 0 });
    const wrong = { photoId: 999_999, isExample: true };
    expect((await call("POST", `/concepts/${empty.id}/examples`, wrong)).status).toBe(404);
    expect((await call("POST", "/concepts", { name: "  " })).status).toBe(400);
    expect((await call("GET", "/concepts/00000000-0000-4000-8000-000000000000")).status).toBe(404);
    await call("DELETE", `/concepts/${empty.id}`);
  });
});

describe("feedback on a query", () => {
  it("leaves out what is not meant, brings up what is, and is taken back", async () => {
    const before = namesOf((await search("red", "&mode=semantic&pageSize=100")).items);
    expect(before).toContain("r0.jpg");
    const refused = changed(
      await call("POST", "/search/feedback", { q: "Red", photoId: test.idOf("r0.jpg"), isMatch: false }),
    );
    expect(refused).toMatchObject({ kind: "query", counterexamples: 1 });
    expect(namesOf((await search("red")).items)).not.toContain("r0.jpg");
    const wanted = changed(
      await call("POST", "/search/feedback", { q: "red", photoId: test.idOf("halves0.jpg"), isMatch: true }),
    );
    expect(wanted.id).toBe(refused.id);
    const after = await search("red", "&pageSize=100");
    expect(
      namesOf(after.items)
        .slice(0, 5)
        .filter((name) => name.startsWith("halves")).length,
    ).toBeGreaterThan(0);
    await undo(wanted.decisionId);
    await undo(refused.decisionId);
    expect(namesOf((await search("red", "&mode=semantic&pageSize=100")).items)).toEqual(before);
  });
});

describe("searching by example", () => {
  it("finds photos like a photo as a brute-force search does, paged, filtered, without the photo itself", async () => {
    const id = test.idOf("b0.jpg");
    const answer = await similar({ photoId: id, pageSize: 100, minSimilarity: -1 });
    const expected = rank(embeddings.get(id)!, [id]);
    expect(answer.total).toBeGreaterThanOrEqual(expected.length);
    const byId = new Map(expected.map(({ id: photo, similarity }) => [photo, similarity]));
    for (const { photo, similarity } of answer.items)
      if (byId.has(photo.id)) expect(similarity).toBeCloseTo(byId.get(photo.id)!, 4);
    const usual = await similar({ photoId: id });
    expect(usual).toMatchObject({ method: "meaning", modelId: MODEL, verdict: "strong" });
    expect(namesOf(usual.items).slice(0, 2).toSorted()).toEqual(["b1.jpg", "b2.jpg"]);
    const pages = [
      await similar({ photoId: id, pageSize: 1 }),
      await similar({ photoId: id, pageSize: 1, page: 2 }),
    ];
    expect(pages.flatMap(({ items }) => namesOf(items))).toEqual(namesOf(usual.items).slice(0, 2));
    const filtered = await similar({ photoId: id, filter: { camera: "nobody has this" } });
    expect(filtered).toMatchObject({ items: [], total: 0, verdict: "nothing" });
  });

  it("looks at a part of a photo, and at a picture that is sent or a part of it", async () => {
    const right = { x: 0.55, y: 0.1, width: 0.4, height: 0.8 };
    const part = await similar({ photoId: test.idOf("both.jpg"), box: right });
    expect(
      namesOf(part.items)
        .slice(0, 5)
        .every((name) => name.startsWith("r")),
    ).toBe(true);
    const form = (fields: Record<string, string>) => {
      const body = new FormData();
      for (const [name, value] of Object.entries(fields)) body.append(name, value);
      return body;
    };
    const picture = new Blob([new Uint8Array(await drawHalves("#0000ff", "#00ff00"))]);
    const whole = form({ pageSize: "5" });
    whole.append("file", new Blob([new Uint8Array(await drawPhoto("#00f004"))]), "mine.jpg");
    expect(
      namesOf((await similar(whole)).items)
        .slice(0, 3)
        .toSorted(),
    ).toEqual(["g0.jpg", "g1.jpg", "g2.jpg"]);
    const cut = form({ box: JSON.stringify({ x: 0, y: 0, width: 0.45, height: 1 }) });
    cut.append("file", picture, "mine.jpg");
    expect(
      namesOf((await similar(cut)).items)
        .slice(0, 3)
        .toSorted(),
    ).toEqual(["b0.jpg", "b1.jpg", "b2.jpg"]);
  });

  it("adds words to a picture and takes them away, as the sum of both says", async () => {
    const photoId = test.idOf("halves0.jpg");
    const [plain, less] = await Promise.all([
      similar({ photoId, minSimilarity: -1, pageSize: 100 }),
      similar({ photoId, without: "red", textWeight: 2, minSimilarity: -1, pageSize: 100 }),
    ]);
    const place = (answer: typeof plain, name: string) => namesOf(answer.items).indexOf(name);
    expect(place(less, "b0.jpg")).toBeLessThan(place(less, "r0.jpg"));
    expect(place(less, "b0.jpg")).toBeLessThan(place(plain, "b0.jpg"));
    const sum = normalize(
      Float64Array.from(
        embeddings.get(test.idOf("r0.jpg"))!,
        (x, i) => x + embeddings.get(test.idOf("b0.jpg"))![i]!,
      ),
    );
    const given = idsOf("r0.jpg", "b0.jpg");
    const both = await similar({
      terms: given.map((id) => ({ photoId: id })),
      minSimilarity: -1,
      pageSize: 100,
    });
    const expected = rank(sum, given);
    const byId = new Map(both.items.map(({ photo, similarity }) => [photo.id, similarity]));
    for (const { id, similarity } of expected)
      if (byId.has(id)) expect(byId.get(id)).toBeCloseTo(similarity, 4);
    expect(namesOf(both.items)[0]).toMatch(/^halves/);
    expect(
      namesOf((await similar({ text: "green" })).items)
        .slice(0, 3)
        .toSorted(),
    ).toEqual(["g0.jpg", "g1.jpg", "g2.jpg"]);
  });

  it.each([
    ["nothing at all", {}, 400],
    ["an unknown photo", { photoId: 999_999 }, 404],
    ["an unknown concept", { terms: [{ conceptId: "00000000-0000-4000-8000-000000000000" }] }, 404],
    ["a box outside the photo", { photoId: 1, box: { x: 0.9, y: 0, width: 0.5, height: 1 } }, 400],
    ["faces that are not there", { faceIds: [999_999] }, 404],
  ])("refuses %s", async (_, body, status) => {
    const path = "faceIds" in body ? "/search/faces" : "/search/similar";
    const answer = await call("POST", path, body);
    expect(answer.status).toBe(status);
    Problem.parse(answer.json);
  });
});
