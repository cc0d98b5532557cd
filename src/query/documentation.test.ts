import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { DATE_LANGUAGES, type FindDates, loadDateWords } from "./date-words.ts";
import { ALIASES, OPERATORS } from "./operators.ts";
import { parseSearchQuery } from "./parse-query.ts";

const PAGE = readFileSync(new URL("../../docs/search.md", import.meta.url), "utf8");
const NOW = new Date("2026-11-20T12:00:00Z");

/** What stands in code in the table of operators. */
const EXAMPLES = PAGE.split("\n")
  .filter((line) => line.startsWith("| `"))
  .flatMap((line) => Array.from(line.matchAll(/`([^`]+)`/g), ([, code]) => code!));

const NOTHING = { code: "nothing", label: "x", filter: { near: { latitude: 0, longitude: 0, radiusKm: 1 } } };
let findDates: FindDates;
beforeAll(async () => {
  findDates = await loadDateWords(DATE_LANGUAGES);
});

const parse = (query: string) =>
  parseSearchQuery(query, {
    now: NOW,
    vocabulary: {
      persons: (name) => [name],
      closestPerson: () => undefined,
      category: (name) => name,
      closestCategory: () => undefined,
      place: () => NOTHING,
      closestPlace: () => undefined,
      album: (name) => name,
      closestAlbum: () => undefined,
      concept: (name) => ({ name, isFound: true }),
      closestConcept: () => undefined,
      dates: (text) => findDates(text, NOW),
    },
  });

describe("docs/search.md", () => {
  it("has examples", () => expect(EXAMPLES.length).toBeGreaterThan(30));

  for (const example of EXAMPLES)
    it(`gives an example that is understood: ${example}`, () => {
      const { problems, chips, text } = parse(example);
      expect(problems).toEqual([]);
      expect(chips).toHaveLength(1);
      expect(text).toBe("");
    });

  it("names every operator and every other name of one", () => {
    const named = new Set(EXAMPLES.map((example) => example.split(":", 1)[0]));
    for (const name of [...Object.keys(OPERATORS), ...Object.keys(ALIASES)])
      expect(named, name).toContain(name);
  });
});
