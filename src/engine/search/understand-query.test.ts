import { describe, expect, it } from "vitest";
import { createUnderstandQuery } from "./understand-query.ts";

const ROME = { name: "Rome", latitude: 41.89, longitude: 12.51, population: 2_318_895 };
const asked: string[] = [];
const understand = createUnderstandQuery({
  readNames: async () => ({
    persons: ["Anna Berg", "Anna", "Bob Kern", "Zoë"],
    categories: ["food", "documents"],
    albums: ["Wedding 2019"],
    concepts: [
      { name: "Birthday Cake", isFound: true },
      { name: "Garden gnome", isFound: false },
    ],
    places: [ROME, { name: "Rome", latitude: 34.3, longitude: -85.2, population: 36_000 }],
  }),
  thread: {
    find: async (name, countryCode) => {
      asked.push(`${name} ${countryCode ?? ""}`.trim());
      if (name !== "Oslo") return [];
      return [
        { id: 1, name: "Oslo", countryCode: "NO", latitude: 59.9, longitude: 10.7, population: 1_000_000 },
      ];
    },
  },
  now: () => new Date("2026-11-20T12:00:00Z"),
});

describe("understanding a query with the names of a library", () => {
  it("knows what was taught by name", async () => {
    const { filter, problems } = await understand("concept:birthdaycake -concept:gnome");
    expect(filter.all).toEqual([{ concepts: ["Birthday Cake"] }]);
    expect(problems.map(({ code }) => code)).toEqual(["corrected", "unknown-concept"]);
    expect((await understand("the BIRTHDAY cake")).chips).toMatchObject([
      { kind: "concept", operator: 'concept:"Birthday Cake"', plain: '"BIRTHDAY cake"' },
    ]);
    expect((await understand("garden gnome")).chips).toEqual([]);
    expect((await understand('concept:"garden gnome"')).problems).toEqual([]);
  });

  it("takes who is called just so before who is called so in part", async () => {
    expect((await understand("anna")).filter).toEqual({ all: [{ persons: { all: ["Anna"] } }] });
    expect((await understand("berg")).filter).toEqual({ all: [{ persons: { all: ["Anna Berg"] } }] });
    expect((await understand("zoe and kern")).chips.map(({ label }) => label)).toEqual(["Zoë", "Bob Kern"]);
  });

  it("forgives a letter in names after an operator", async () => {
    const { filter, problems } = await understand("person:Bbo category:foood album:weding2019");
    expect(filter.all).toContainEqual({ categories: ["food"] });
    expect(problems.map(({ code }) => code)).toEqual(["unknown-person", "corrected", "unknown-album"]);
    expect((await understand('person:"bob kren"')).filter.all).toEqual([{ persons: { all: ["Bob Kern"] } }]);
  });

  it("takes the larger of two cities, and as much around it as it has inhabitants", async () => {
    const { filter } = await understand("near:rome");
    expect(filter.all).toEqual([{ near: { latitude: 41.89, longitude: 12.51, radiusKm: 17 } }]);
    expect((await understand("in Italy last summer")).chips.map(({ kind, label }) => [kind, label])).toEqual([
      ["near", "Italy"],
      ["date", "June 2026 – August 2026"],
    ]);
  });

  it("asks elsewhere for cities only that an operator names and no photo has shown", async () => {
    asked.length = 0;
    expect((await understand("near:Oslo~50km")).filter.all).toEqual([
      { near: { latitude: 59.9, longitude: 10.7, radiusKm: 50 } },
    ]);
    expect((await understand('near:"Oslo, Norway"')).problems).toEqual([]);
    await understand("in Oslo near:Rome near:Italy near:41,12 place:Oslo");
    expect(asked).toEqual(["Oslo", "Oslo NO"]);
    expect((await understand("near:Atlantis")).problems).toMatchObject([{ code: "unknown-place" }]);
  });
});
