import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { CHIP_KINDS } from "../core/search-vocabulary.ts";
import { DATE_LANGUAGES, type FindDates, loadDateWords } from "./date-words.ts";
import { OPERATORS } from "./operators.ts";
import { quoteValue, toOperator } from "./parsed-query.ts";
import { parseSearchQuery } from "./parse-query.ts";
import type { QueryVocabulary } from "./vocabulary.ts";

const NOW = new Date("2026-11-20T12:00:00Z");
const PERSONS = ["Anna Berg", "Bob", "Eve", "José Álvarez", "Anna Kern"];
const CONCEPTS = [
  { name: "Birthday Cake", isFound: true },
  { name: "Garden gnome", isFound: false },
];
const ROME = { label: "Rome", filter: { near: { latitude: 41.9, longitude: 12.5, radiusKm: 20 } } };

const fold = (text: string) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

let findDates: FindDates;
let vocabulary: QueryVocabulary;
beforeAll(async () => {
  findDates = await loadDateWords(DATE_LANGUAGES);
  vocabulary = {
    persons: (name) =>
      PERSONS.filter((person) => fold(person) === fold(name) || fold(person).split(" ").includes(fold(name))),
    closestPerson: (name) => (fold(name) === "bobb" ? "Bob" : undefined),
    category: (name) => ["food", "landscape"].find((known) => known === fold(name)),
    closestCategory: () => undefined,
    place: (name) => {
      if (fold(name) === "rome") return ROME;
      return fold(name) === "italy" ? { label: "Italy", filter: { places: ["IT"] } } : undefined;
    },
    closestPlace: (name) => (fold(name) === "roma" ? ROME : undefined),
    album: (name) => ["Wedding"].find((known) => fold(known) === fold(name)),
    closestAlbum: () => undefined,
    concept: (name) => CONCEPTS.find((known) => fold(known.name) === fold(name)),
    closestConcept: () => undefined,
    dates: (text) => findDates(text, NOW),
  };
});

const parse = (query: string) => parseSearchQuery(query, { vocabulary, now: NOW });
/** Chips as they stand in the text, with what they mean. */
const chipsOf = (query: string) =>
  parse(query).chips.map(({ start, end, kind, label, isNegated }) => [
    query.slice(start, end),
    kind,
    isNegated ? `not ${label}` : label,
  ]);

describe("operators", () => {
  it("become filters, every one with its place in the text", () => {
    const query =
      'person:"Anna Berg" person:Bob -person:Eve before:2024 text:"total" class:dog>0.6 near:Rome sunset';
    expect(chipsOf(query)).toEqual([
      ['person:"Anna Berg"', "person", "Anna Berg"],
      ["person:Bob", "person", "Bob"],
      ["-person:Eve", "person", "not Eve"],
      ["before:2024", "before", "before 2024"],
      ['text:"total"', "text", "total"],
      ["class:dog>0.6", "class", "dog ≥ 60 %"],
      ["near:Rome", "near", "Rome"],
    ]);
    const { filter, text, problems } = parse(query);
    expect(filter).toEqual({
      all: [
        { persons: { all: ["Anna Berg"] } },
        { persons: { all: ["Bob"] } },
        { takenTo: "2023-12-31" },
        { textContains: "total" },
        { objects: [{ label: "dog", minScore: 0.6 }] },
        { near: { latitude: 41.9, longitude: 12.5, radiusKm: 20 } },
      ],
      none: [{ persons: { all: ["Eve"] } }],
    });
    expect(text).toBe("sunset");
    expect(problems).toEqual([]);
  });

  for (const [query, condition] of [
    ["class:dog", { objects: [{ label: "dog" }] }],
    ["class:dog>60%", { objects: [{ label: "dog", minScore: 0.6 }] }],
    ['class:"traffic light">=0,5', { objects: [{ label: "traffic light", minScore: 0.5 }] }],
    ["person:Bob|Eve", { persons: { any: ["Bob", "Eve"] } }],
    ["person:anna", { persons: { any: ["Anna Berg", "Anna Kern"] } }],
    ["WHO:jose", { persons: { all: ["José Álvarez"] } }],
    ["tag:Holiday", { tags: ["Holiday"] }],
    ["category:food|landscape", { categories: ["food", "landscape"] }],
    ["after:2023-07", { takenFrom: "2023-08-01" }],
    ["since:2023-07", { takenFrom: "2023-07-01" }],
    ["until:2023-07", { takenTo: "2023-07-31" }],
    ["date:2023-07", { takenFrom: "2023-07-01", takenTo: "2023-07-31" }],
    ["date:2020..2022-03-04", { takenFrom: "2020-01-01", takenTo: "2022-03-04" }],
    ['date:"last summer"', { takenFrom: "2026-06-01", takenTo: "2026-08-31" }],
    ["near:41.9,12.5,25", { near: { latitude: 41.9, longitude: 12.5, radiusKm: 25 } }],
    ["near:-33.8,151.2", { near: { latitude: -33.8, longitude: 151.2, radiusKm: 10 } }],
    ["near:Rome~50km", { near: { latitude: 41.9, longitude: 12.5, radiusKm: 50 } }],
    ["in:Italy", { places: ["IT"] }],
    ["country:日本", { places: ["JP"] }],
    ["camera:canon", { cameraLike: "canon" }],
    ["type:JPG", { formats: ["jpeg"] }],
    ["folder:2019/Rome", { folderLike: "2019/Rome" }],
    ["album:wedding", { albums: ["Wedding"] }],
    ['concept:"birthday cake"', { concepts: ["Birthday Cake"] }],
    ["rating:>=4", { minRating: 4 }],
    ["is:favourite", { isFavourite: true }],
    ["is:Favorite", { isFavourite: true }],
    ["has:faces", { hasFaces: true }],
  ] as const)
    it(`understands ${query}`, () => {
      const { filter, problems, text } = parse(query);
      expect(filter).toEqual({ all: [condition] });
      expect(problems).toEqual([]);
      expect(text).toBe("");
    });

  it("leave out what a minus sign stands before", () => {
    expect(parse('-tag:screenshot -has:gps -concept:"birthday cake" -blurred -"no entry"').filter).toEqual({
      none: [
        { tags: ["screenshot"] },
        { hasGps: true },
        { concepts: ["Birthday Cake"] },
        { words: "blurred" },
        { words: "no entry" },
      ],
    });
  });

  it("may name one of several", () => {
    const { filter } = parse("tag:a|b");
    expect(filter.all).toEqual([
      { none: [{ all: [{ none: [{ tags: ["a"] }] }, { none: [{ tags: ["b"] }] }] }] },
    ]);
  });
});

describe("plain sentences", () => {
  it("name persons, places, dates and categories; the rest is searched", () => {
    expect(chipsOf("Anna Berg and Bob at the beach last summer")).toEqual([
      ["Anna Berg", "person", "Anna Berg"],
      ["Bob", "person", "Bob"],
      ["last summer", "date", "June 2026 – August 2026"],
    ]);
    expect(parse("Anna Berg and Bob at the beach last summer")).toMatchObject({
      text: "at the beach",
      words: "beach",
    });
    expect(chipsOf("receipts from March 2023 in Rome")).toEqual([
      ["from March 2023", "date", "March 2023"],
      ["in Rome", "near", "Rome"],
    ]);
    expect(parse("receipts from March 2023 in Rome").text).toBe("receipts");
    expect(chipsOf("food near Rome")).toEqual([
      ["food", "category", "food"],
      ["near Rome", "near", "Rome"],
    ]);
  });

  it("ask for nothing but the filters where nothing else is said", () => {
    for (const query of ["photos from Italy", "pictures of Bob and Eve", "in Rome"])
      expect(parse(query).text, query).toBe("");
    expect(parse("photos").text).toBe("photos");
  });

  it("name what was taught, whose words are searched too, so that what shows it best comes first", () => {
    expect(chipsOf("Bob with our birthday cake in Rome")).toEqual([
      ["Bob", "person", "Bob"],
      ["birthday cake", "concept", "Birthday Cake"],
      ["in Rome", "near", "Rome"],
    ]);
    expect(parse("birthday cake 2023")).toMatchObject({
      text: "birthday cake",
      filter: { all: [{ concepts: ["Birthday Cake"] }, { takenFrom: "2023-01-01", takenTo: "2023-12-31" }] },
    });
    expect(parse("Bob without birthday cake")).toMatchObject({
      text: "",
      filter: { none: [{ concepts: ["Birthday Cake"] }] },
    });
    // No photo is known to show it.
    expect(parse("garden gnome")).toMatchObject({ text: "garden gnome", filter: {}, chips: [] });
    expect(parse('"birthday cake"')).toMatchObject({ text: "birthday cake", filter: {} });
  });

  it("may leave somebody out, or let one of several do", () => {
    expect(chipsOf("Bob without Eve")).toEqual([
      ["Bob", "person", "Bob"],
      ["without Eve", "person", "not Eve"],
    ]);
    expect(parse("Bob or Eve").filter).toEqual({ all: [{ persons: { any: ["Bob", "Eve"] } }] });
  });

  it("take no word for a place that no preposition leads to, and nothing in quotation marks for a name", () => {
    expect(chipsOf("rome wasn't built")).toEqual([]);
    expect(parse('"Bob" "in 2020"')).toMatchObject({ chips: [], text: "Bob in 2020" });
  });

  it("are searched as they are where nothing is recognised", () => {
    expect(parse("the quick brown fox")).toMatchObject({
      text: "the quick brown fox",
      words: "quick brown fox",
      filter: {},
    });
    expect(parse("the of").words).toBe("the of");
  });

  it("give back by themselves what every chip was", () => {
    const query = "Bob and Eve in Rome in May 2021";
    const operators = parse(query).chips.map(toOperator).join(" ");
    expect(parse(operators).filter).toEqual(parse(query).filter);
  });
});

describe("mistakes", () => {
  for (const [query, code, piece, suggestion] of [
    ["persn:Bob", "unknown-operator", "persn:Bob", "person:Bob"],
    ["dog tag:", "missing-value", "tag:", undefined],
    ['a "b c', "unclosed-quote", '"b c', '"b c"'],
    ['person:"Bob', "unclosed-quote", 'person:"Bob', 'person:"Bob"'],
    ["before:2023-02-30", "invalid-date", "before:2023-02-30", undefined],
    ["date:2022..2020", "invalid-date", "date:2022..2020", "date:2020..2022"],
    ["class:dog>2", "invalid-number", "class:dog>2", "class:dog>0.5"],
    ["near:99,0", "invalid-number", "near:99,0", undefined],
    ["near:Rome~0", "invalid-number", "near:Rome~0", "near:Rome~25km"],
    ["near:Atlantis", "unknown-place", "near:Atlantis", undefined],
    ["type:pdf", "invalid-value", "type:pdf", undefined],
    ["person:Zoe", "unknown-person", "person:Zoe", undefined],
    ["-person:Bobb", "corrected", "-person:Bobb", "-person:Bob"],
    ["near:Roma", "corrected", "near:Roma", "near:Rome"],
    ["rating:9", "invalid-number", "rating:9", "rating:3"],
  ] as const)
    it(`are pointed at: ${query}`, () => {
      const [problem] = parse(query).problems;
      expect(problem).toMatchObject({ code });
      expect(query.slice(problem!.start, problem!.end)).toBe(piece);
      expect(problem!.suggestion).toBe(suggestion);
      expect(problem!.message).toMatch(/\.$/);
    });

  it("mend themselves with the suggestion", () => {
    for (const query of ["persn:Bob", 'person:"Bob', "date:2022..2020", "class:dog>2", "person:Bobb"]) {
      const { start, end, suggestion } = parse(query).problems[0]!;
      expect(parse(query.slice(0, start) + suggestion! + query.slice(end)).problems, query).toEqual([]);
    }
  });

  it("are not seen in times, addresses and other words with a colon", () => {
    for (const query of ["12:30", "https://example.org/a", "Re: invoice", "c:\\photos"]) {
      expect(parse(query), query).toMatchObject({ problems: [], text: query.replace(/\s+/, " ") });
    }
  });
});

describe("any text", () => {
  const pieces = fc.oneof(
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.constantFrom(
      ...Object.keys(OPERATORS).map((name) => `${name}:`),
      '"',
      "-",
      "|",
      ":",
      " ",
      ">0.5",
      "..",
      "Bob",
      "in Rome",
      "2021",
      "last May",
      "or",
    ),
  );
  it("is a query: offsets fit, nothing is thrown, and what is left is a part of it", () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
        const query = parts.join("");
        const { chips, problems } = parse(query);
        for (const { start, end } of [...chips, ...problems]) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(end).toBeGreaterThan(start);
          expect(end).toBeLessThanOrEqual(query.length);
        }
        for (const { kind } of chips) expect(CHIP_KINDS).toContain(kind);
        const ends = chips.map(({ start, end }) => [start, end] as const).toSorted((a, b) => a[0] - b[0]);
        for (let i = 1; i < ends.length; i++) expect(ends[i]![0]).toBeGreaterThanOrEqual(ends[i - 1]![1]);
      }),
      { numRuns: 300 },
    );
  });

  it("is answered at once however long", () => {
    for (const query of [
      "a ".repeat(5000),
      '"'.repeat(10_000),
      "-".repeat(10_000),
      "person:".repeat(1500),
      "in ".repeat(3000),
    ])
      expect(() => parse(query)).not.toThrow();
  });

  it("comes back from its quoted form", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 20 }), (value) => {
        const clean = value.replace(/["“”„«»「」『』]/gu, "").trim();
        if (clean === "") return;
        expect(parse(`camera:${quoteValue(clean)}`).filter.all?.[0]?.cameraLike).toBe(clean);
      }),
    );
  });
});
