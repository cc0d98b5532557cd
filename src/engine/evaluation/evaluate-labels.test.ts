import { describe, expect, it } from "vitest";
import { evaluateLabels, type Finders } from "./evaluate-labels.ts";
import { parseLabels } from "./labels.ts";

const PATHS: Readonly<Record<string, readonly string[]>> = {
  dog: ["/p/a.jpg", "/p/x.jpg", "/q/b.jpg"],
  cat: ["/p/x.jpg"],
  nothing: [],
  wrong: ["/p/a.jpg"],
};
const find: Finders = {
  search: async (text) => PATHS[text] ?? [],
  list: async (_, value) => PATHS[value] ?? [],
  groups: async () => [["/p/a.jpg", "/q/b.jpg", "/p/c.jpg"], ["/p/x.jpg"]],
};

describe("parseLabels", () => {
  it("reads CSV with quotes, grades and questions without an answer", () => {
    const { queries } = parseLabels(
      '\uFEFFquery,file,grade\r\n"a ""dog""",a.jpg,2\r\ndog,"b,c.jpg",\r\n\r\nblorp,,\r\n',
    );
    expect(queries.map(({ query, relevant }) => [query, [...relevant]])).toEqual([
      ['a "dog"', [["a.jpg", 2]]],
      ["dog", [["b,c.jpg", 1]]],
      ["blorp", []],
    ]);
  });

  it("reads JSON with lists and grades", () => {
    const text = JSON.stringify({
      kind: "retrieval",
      queries: [
        { query: "dog", relevant: ["a.jpg"] },
        { query: "cat", relevant: { "b.jpg": 3, "c.jpg": 0 } },
      ],
    });
    const { kind, queries } = parseLabels(text);
    expect(kind).toBe("retrieval");
    expect(queries.map(({ relevant }) => [...relevant])).toEqual([[["a.jpg", 1]], [["b.jpg", 3]]]);
  });

  it.each([
    ["{", /no JSON/],
    ['{"queries":[]}', /queries/],
    ["word,photo\na,b", /must name the columns query and file/],
    ["query,file,grade\na,b,good", /Line 2.*"good" is no grade/],
    ["query,file\n", /no labels/],
  ])("says what is wrong with %j", (text, message) => {
    expect(() => parseLabels(text)).toThrow(message);
  });
});

describe("evaluateLabels", () => {
  const labels = (...queries: readonly (readonly [string, ...string[]])[]) =>
    queries.map(([query, ...files]) => ({ query, relevant: new Map(files.map((file) => [file, 1])) }));

  it("takes recall and nDCG of the first k of a ranking, and means over the questions", async () => {
    const scores = await evaluateLabels(
      "retrieval",
      labels(["dog", "a.jpg", "b.jpg"], ["cat", "c.jpg"]),
      find,
      2,
    );
    const [dog, cat] = scores.queries;
    // Of a.jpg, x.jpg | b.jpg one of two is right; DCG 1 of the ideal 1 + 1/log2(3).
    expect(dog).toMatchObject({ relevant: 2, found: 3, recall: 0.5, reciprocalRank: 1, precision: 2 / 3 });
    expect(dog!.ndcg).toBeCloseTo(1 / (1 + 1 / Math.log2(3)), 12);
    expect(cat).toMatchObject({ recall: 0, ndcg: 0, precision: 0 });
    expect(scores.recall).toBe(0.25);
  });

  it("knows photos by the end of their path, whole names only", async () => {
    const { queries } = await evaluateLabels(
      "classes",
      labels(["dog", "q/b.jpg", ".jpg", "p/b.jpg"]),
      find,
      10,
    );
    expect(queries[0]!.recall).toBeCloseTo(1 / 3, 12);
  });

  it("counts questions to which nothing should be found apart", async () => {
    expect(await evaluateLabels("text", labels(["nothing"], ["wrong"]), find, 10)).toMatchObject({
      empty: 2,
      rightlyEmpty: 1,
    });
  });

  it("compares groups of copies with the group that has most of them", async () => {
    const scores = await evaluateLabels("duplicates", labels(["one", "a.jpg", "b.jpg"]), find, 10);
    expect(scores).toMatchObject({ recall: 1, precision: 2 / 3 });
  });
});
