import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { averagePrecision, ndcgAt, precisionAt, recallAt, reciprocalRank } from "./metrics.ts";

const vectorsFile = new URL("../../../shared/conformance/fusion/metrics.json", import.meta.url);
if (!existsSync(vectorsFile))
  process.stderr.write("Skipped: conformance of ranking metrics, ../shared/conformance is not there.\n");

interface RetrievalVector {
  readonly relevance: Readonly<Record<string, number>>;
  readonly ranking: readonly string[];
  readonly at: Readonly<
    Record<string, Readonly<Record<"recall" | "precision" | "ndcg_linear" | "ndcg_exp", number>>>
  >;
  readonly mrr: number;
  readonly ap: number;
}

const ranking = ["a", "b", "c", "d"];
const relevance = new Map([
  ["b", 1],
  ["d", 2],
  ["z", 1],
]);

describe("recallAt", () => {
  test.each([
    { k: 1, expected: 0 },
    { k: 2, expected: 1 / 3 },
    { k: 100, expected: 2 / 3 },
  ])("is $expected at $k", ({ k, expected }) => {
    expect(recallAt(ranking, relevance, k)).toBe(expected);
  });

  it("is 0 when nothing is relevant", () => {
    expect(recallAt(ranking, new Map(), 3)).toBe(0);
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses a cut-off of %d", (k) => {
    expect(() => recallAt(ranking, relevance, k)).toThrow(/whole number from 1 on/);
  });
});

describe("precisionAt", () => {
  it("counts places beyond a short ranking as misses", () => {
    expect(precisionAt(ranking, relevance, 4)).toBe(0.5);
    expect(precisionAt(ranking, relevance, 8)).toBe(0.25);
  });
});

describe("ndcgAt", () => {
  it("is 1 for the best possible ranking and 0 for one without relevant ids", () => {
    expect(ndcgAt(["d", "z", "b"], relevance, 3)).toBe(1);
    expect(ndcgAt(["a", "c"], relevance, 3)).toBe(0);
    expect(ndcgAt(["a"], new Map(), 3)).toBe(0);
  });

  it("discounts gains by the logarithm of the rank, by grade or exponentially", () => {
    const discounts = [1, 1 / Math.log2(3), 1 / 2, 1 / Math.log2(5)] as const;
    const linearIdeal = 2 + discounts[1] + discounts[2];
    const exponentialIdeal = 3 + discounts[1] + discounts[2];
    expect(ndcgAt(ranking, relevance, 4)).toBeCloseTo((discounts[1] + 2 * discounts[3]) / linearIdeal, 12);
    expect(ndcgAt(ranking, relevance, 4, "exponential")).toBeCloseTo(
      (discounts[1] + 3 * discounts[3]) / exponentialIdeal,
      12,
    );
  });
});

describe("reciprocalRank", () => {
  it("is 1 / rank of the first relevant id, 0 without one", () => {
    expect(reciprocalRank(ranking, relevance)).toBe(0.5);
    expect(reciprocalRank(["x"], relevance)).toBe(0);
  });
});

describe("averagePrecision", () => {
  it("averages precision over all relevant ids, found or not", () => {
    expect(averagePrecision(ranking, relevance)).toBeCloseTo((1 / 2 + 2 / 4) / 3, 12);
    expect(averagePrecision(ranking, new Map())).toBe(0);
  });
});

describe.skipIf(!existsSync(vectorsFile))("ranking metrics against the reference", () => {
  const vectors: readonly RetrievalVector[] = existsSync(vectorsFile)
    ? (JSON.parse(readFileSync(vectorsFile, "utf8")) as { retrieval: RetrievalVector[] }).retrieval
    : [];

  test.each(vectors.map((vector, index) => ({ index, ...vector })))("case $index", (vector) => {
    const grades = new Map(Object.entries(vector.relevance));
    expect(reciprocalRank(vector.ranking, grades)).toBeCloseTo(vector.mrr, 9);
    expect(averagePrecision(vector.ranking, grades)).toBeCloseTo(vector.ap, 9);
    for (const [cutoff, expected] of Object.entries(vector.at)) {
      const k = Number(cutoff);
      expect(recallAt(vector.ranking, grades, k)).toBeCloseTo(expected.recall, 9);
      expect(precisionAt(vector.ranking, grades, k)).toBeCloseTo(expected.precision, 9);
      expect(ndcgAt(vector.ranking, grades, k)).toBeCloseTo(expected.ndcg_linear, 9);
      expect(ndcgAt(vector.ranking, grades, k, "exponential")).toBeCloseTo(expected.ndcg_exp, 9);
    }
  });
});
