import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ParsedQuery, SavedSearch, SearchFacets } from "../../src/api/search-query.ts";
import type { SearchResult, SuggestResult } from "../../src/api/search.ts";
import { drawPhoto, drawWord, openTestLibrary, type TestLibrary } from "./open-test-library.ts";

let test: TestLibrary;

beforeAll(async () => {
  const photo = (colour: string, day: string, place?: { latitude: number; longitude: number }) =>
    drawPhoto(colour, {
      takenAt: `${day.replaceAll("-", ":")} 12:00:00`,
      camera: "Pinhole 7",
      ...(place === undefined ? {} : { place }),
    });
  test = await openTestLibrary({
    files: {
      "sign.png": await drawWord("EXIT"),
      "colosseum.jpg": await photo("blue", "2024-02-20", { latitude: 41.8902, longitude: 12.4922 }),
      "louvre.jpg": await photo("red", "2023-07-02", { latitude: 48.8606, longitude: 2.3376 }),
      "garden.jpg": await photo("green", "2023-07-14"),
      "winter.jpg": await photo("white", "2022-12-24"),
    },
  });
});
afterAll(() => test.close());

async function send(method: string, path: string, body?: unknown) {
  const response = await fetch(`${test.url}/api/v1/${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const text = await response.text();
  return { status: response.status, value: text === "" ? undefined : (JSON.parse(text) as unknown) };
}

async function get<T>(path: string): Promise<T> {
  const { status, value } = await send("GET", path);
  expect(status, JSON.stringify(value)).toBe(200);
  return value as T;
}

const search = (q: string, more = "") => get<SearchResult>(`search?q=${encodeURIComponent(q)}${more}`);
const found = async (q: string, more = "") =>
  (await search(q, more)).items.map(({ photo }) => photo.fileName).toSorted();

describe("GET /search with a query", () => {
  it.each([
    ["in Rome", ["colosseum.jpg"]],
    ["photos from Italy", ["colosseum.jpg"]],
    ["rome", ["colosseum.jpg"]],
    ["italien", ["colosseum.jpg"]],
    ["Itali", ["colosseum.jpg"]],
    ["near:Paris~20km", ["louvre.jpg"]],
    ["near:Versailles~30km", ["louvre.jpg"]],
    ["in July 2023", ["garden.jpg", "louvre.jpg"]],
    ["in July 2023 -country:France", ["garden.jpg"]],
    ["in July 2023 -louvre", ["garden.jpg"]],
    ["before:2023", ["winter.jpg"]],
    ["camera:pinhole -has:gps", ["garden.jpg", "winter.jpg"]],
    ["type:png", ["sign.png"]],
    ["text:xit", ["sign.png"]],
    ["exot", ["sign.png"]],
    ["exit in Rome", []],
  ])("finds by %s", async (q, names) => {
    expect(await found(q)).toEqual(names);
  });

  it("says what the query was understood as, and which channels found what", async () => {
    const { query, items, verdict } = await search("louvre in Paris last winter type:jpg persn:x");
    expect(items).toEqual([]);
    expect(verdict).toBe("nothing");
    expect(query.chips.map(({ kind, operator, plain, source }) => [kind, operator, plain, source])).toEqual([
      ["near", "near:Paris", '"in Paris"', "sentence"],
      ["date", expect.stringMatching(/^date:\d{4}-12-01\.\.\d{4}-02-2\d$/), '"last winter"', "sentence"],
      ["format", "format:jpeg", '"type”:”jpg"'.replaceAll("”", ""), "operator"],
    ]);
    expect(query.problems).toMatchObject([{ code: "unknown-operator", suggestion: "person:x" }]);
    const [hit] = (await search("paris")).items;
    expect(hit!.reasons).toMatchObject([{ channel: "place", rank: 1, matches: ["Paris"] }]);
  });

  it("has filters of the address hold as well", async () => {
    expect(await found("in July 2023", "&place=France")).toEqual(["louvre.jpg"]);
    expect(await found("", "&place=Rome&place=Paris")).toEqual(["colosseum.jpg", "louvre.jpg"]);
    expect(await found("", "&duplicates=only")).toEqual([]);
    expect(await found("", "&album=none")).toEqual([]);
  });

  it("orders by time where that is asked for", async () => {
    const names = async (sort: string) =>
      (await search("jpg", `&sort=${sort}`)).items.map(({ photo }) => photo.fileName);
    const newest = ["colosseum.jpg", "garden.jpg", "louvre.jpg", "winter.jpg"];
    expect(await names("newest")).toEqual(newest);
    expect(await names("oldest")).toEqual(newest.toReversed());
  });

  it.each(["", "jpg", "jpg -winter"])("gives pages by cursor that join: %j", async (q) => {
    const all = (await search(q)).items.map(({ photo }) => photo.id);
    const paged: number[] = [];
    let cursor: string | null = null;
    do {
      const more: string = cursor === null ? "" : `&cursor=${cursor}`;
      const page = await search(q, `&pageSize=2${more}`);
      expect(page.total).toBe(all.length);
      paged.push(...page.items.map(({ photo }) => photo.id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(paged).toEqual(all);
  });

  it("refuses a cursor that is none", async () => {
    for (const q of ["", "jpg"]) {
      const { status, value } = await send("GET", `search?q=${q}&cursor=1%27--`);
      expect(status).toBe(400);
      expect(value).toMatchObject({ code: "bad_request" });
    }
  });
});

describe("GET /search/parse", () => {
  it("gives chips with their place in the text", async () => {
    const q = 'sunset in Rome "in Paris" class:dog>0.6';
    const { chips, text, problems } = await get<ParsedQuery>(`search/parse?q=${encodeURIComponent(q)}`);
    expect(chips.map(({ start, end }) => q.slice(start, end))).toEqual(["in Rome", "class:dog>0.6"]);
    expect(text).toBe("sunset in Paris");
    expect(problems).toEqual([]);
  });
});

describe("GET /search/facets", () => {
  it("counts what all photos have", async () => {
    const { total, isExact, facets } = await get<SearchFacets>("search/facets");
    expect({ total, isExact }).toEqual({ total: 5, isExact: true });
    expect(facets.place).toEqual([
      { value: "Paris", label: "Paris", count: 1 },
      { value: "Rome", label: "Rome", count: 1 },
    ]);
    expect(facets.country).toContainEqual({ value: "IT", label: "Italy", count: 1 });
    expect(facets.camera).toEqual([{ value: "Pinhole 7", label: "Pinhole 7", count: 4 }]);
    expect(facets.format).toContainEqual({ value: "jpeg", label: "jpeg", count: 4 });
    expect(facets.year).toContainEqual({ value: "2023", label: "2023", count: 2 });
    expect(facets.has).toEqual([
      { value: "gps", label: "gps", count: 2 },
      { value: "text", label: "text", count: 1 },
    ]);
  });

  it("counts among what a query finds, only the facets that are asked for", async () => {
    const { total, facets } = await get<SearchFacets>(
      "search/facets?q=in+July+2023&facet=country&facet=camera",
    );
    expect(total).toBe(2);
    expect(facets.country).toEqual([{ value: "FR", label: "France", count: 1 }]);
    expect(facets.camera).toMatchObject([{ count: 2 }]);
    expect(facets.year).toEqual([]);
    const words = await get<SearchFacets>("search/facets?q=louvre");
    expect(words.total).toBe(1);
    expect(words.facets.place).toMatchObject([{ value: "Paris" }]);
  });

  it("gives values that the filters of the same name take", async () => {
    const { facets } = await get<SearchFacets>("search/facets");
    for (const name of ["category", "tag", "object", "person", "place", "camera", "format"] as const)
      for (const { value, count } of facets[name])
        expect((await search("", `&${name}=${encodeURIComponent(value)}`)).total, `${name} ${value}`).toBe(
          count,
        );
    for (const { value, count } of facets.country)
      expect((await search("", `&place=${value}`)).total).toBe(count);
    for (const { value, count } of facets.year)
      expect((await search("", `&from=${value}&to=${value}`)).total).toBe(count);
  });
});

describe("saved searches", () => {
  it("are kept, listed by name, suggested, changed and forgotten", async () => {
    const created = await send("POST", "searches", { name: "Rome trips", query: "q=in+Rome" });
    expect(created.status).toBe(201);
    const { id } = created.value as SavedSearch;
    await send("POST", "searches", { name: "Exits", query: "q=exit" });
    expect(await get("searches")).toMatchObject({
      total: 2,
      items: [{ name: "Exits" }, { name: "Rome trips" }],
    });
    const taken = await send("POST", "searches", { name: "rome TRIPS", query: "" });
    expect(taken).toMatchObject({ status: 409, value: { code: "conflict" } });
    const { items } = await get<SuggestResult>("search/suggest?q=tri");
    expect(items).toContainEqual(
      expect.objectContaining({ kind: "search", value: "Rome trips", query: "q=in+Rome" }),
    );
    expect(await send("PUT", `searches/${id}`, { name: "Italy" })).toMatchObject({
      status: 200,
      value: { name: "Italy", query: "q=in+Rome" },
    });
    expect(await send("PUT", `searches/${id}`, { name: "Exits" })).toMatchObject({ status: 409 });
    expect((await send("DELETE", `searches/${id}`)).status).toBe(200);
    for (const method of ["GET", "DELETE"])
      expect(await send(method, `searches/${id}`)).toMatchObject({
        status: 404,
        value: { code: "not_found" },
      });
    expect(await send("PUT", `searches/${id}`, {})).toMatchObject({ status: 404 });
    expect((await send("POST", "searches", { name: "Taken", query: "q=x" })).status).toBe(201);
    expect(await send("PUT", `searches/${id}`, { name: "Taken" })).toMatchObject({ status: 404 });
  });

  it("are what the decisions in force say, taken back in any order", async () => {
    const change = async (method: string, path: string, body?: object) =>
      ((await send(method, path, body)).value as { readonly id: number; readonly decisionId: number }) ?? {};
    const undo = async (decisionId: number) => {
      const { status, value } = await send("POST", `history/${decisionId}/undo`);
      return { status, decisionId: (value as { readonly decisionId: number }).decisionId };
    };
    const { id, decisionId: created } = await change("POST", "searches", { name: "Sea", query: "q=sea" });
    const search = async () => (await send("GET", `searches/${id}`)).value;
    const { decisionId: renamed } = await change("PUT", `searches/${id}`, { name: "Coast" });
    const { decisionId: widened } = await change("PUT", `searches/${id}`, { query: "q=water" });
    const { decisionId: forgotten } = await change("DELETE", `searches/${id}`);
    expect(await search()).toMatchObject({ code: "not_found" });

    await undo(renamed);
    expect(await search()).toMatchObject({ code: "not_found" });
    const back = await undo(forgotten);
    expect(await search()).toMatchObject({ id, name: "Sea", query: "q=water" });
    await undo(widened);
    expect(await search()).toMatchObject({ name: "Sea", query: "q=sea" });
    expect(await undo(widened)).toMatchObject({ status: 409 });

    await undo(back.decisionId);
    await send("POST", "searches", { name: "SEA", query: "q=waves" });
    expect(await undo(forgotten)).toMatchObject({ status: 409 });
    const { items } = await get<{ readonly items: readonly object[] }>("history?pageSize=20");
    expect(items).toContainEqual(
      expect.objectContaining({ id: renamed, summary: "Renamed the search Sea to Coast", isUndone: true }),
    );
    expect(items).toContainEqual(expect.objectContaining({ id: created, isUndone: false, canUndo: true }));
  });

  it("need a name", async () => {
    for (const body of [{ name: " ", query: "" }, { query: "q=x" }, { name: "x" }])
      expect((await send("POST", "searches", body)).status).toBe(400);
  });
});

describe("GET /search/suggest", () => {
  it("offers places, dates, cameras and words with the operator that each is", async () => {
    const suggest = async (q: string) =>
      (await get<SuggestResult>(`search/suggest?q=${encodeURIComponent(q)}`)).items;
    expect(await suggest("rom")).toContainEqual({
      kind: "place",
      value: "Rome",
      count: 1,
      operator: "near:Rome",
    });
    expect(await suggest("july 2023")).toEqual([
      { kind: "date", value: "july 2023", count: 2, operator: "date:2023-07-01..2023-07-31" },
    ]);
    expect(await suggest("pin")).toContainEqual(
      expect.objectContaining({ kind: "camera", operator: 'camera:"Pinhole 7"' }),
    );
  });
});
