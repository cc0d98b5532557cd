import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { fuseRanks } from "./reciprocal-rank-fusion.ts";

const vectorsFile = new URL("../../../shared/conformance/fusion/rrf.json", import.meta.url);
if (!existsSync(vectorsFile))
  process.stderr.write("Skipped: conformance of rank fusion, ../shared/conformance is not there.\n");

interface RrfVector {
  readonly name: string;
  readonly k: number;
  readonly lists: readonly (readonly string[])[];
  readonly order: readonly string[];
  readonly scores: readonly number[];
}

const numbered = (lists: readonly (readonly string[])[]) =>
  new Map(lists.map((list, i) => [`channel${i}`, list]));

describe("fuseRanks", () => {
  it("sums 1 / (60 + rank) over the channels and says which rank each one gave", () => {
    const fused = fuseRanks({ text: ["a", "b"], semantic: ["b", "c"] });
    expect(fused).toEqual([
      { id: "b", score: 1 / 62 + 1 / 61, ranks: { text: 2, semantic: 1 } },
      { id: "a", score: 1 / 61, ranks: { text: 1 } },
      { id: "c", score: 1 / 62, ranks: { semantic: 2 } },
    ]);
  });

  it("orders numeric ids of equal score by number, not by text", () => {
    expect(fuseRanks({ one: [10], two: [9] }).map(({ id }) => id)).toEqual([9, 10]);
  });

  it("lets a small k favour the top ranks", () => {
    const channels = { one: ["top", "both"], two: ["other", "both"] };
    expect(fuseRanks(channels)[0]?.id).toBe("both");
    expect(fuseRanks(channels, { k: 0 })[0]?.id).toBe("both");
    expect(fuseRanks({ ...channels, one: ["top", "x", "both"] }, { k: 0 })[0]?.id).toBe("other");
  });

  it("has no result without channels or with empty ones", () => {
    expect(fuseRanks({})).toEqual([]);
    expect(fuseRanks({ text: [], semantic: [] })).toEqual([]);
  });

  it("gives the same ranking whatever the order of the channels", () => {
    const ranking = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e", "f"));
    const lists = fc.array(ranking, { minLength: 2, maxLength: 5 });
    const permuted = lists.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray(
          all.map((_, i) => i),
          { minLength: all.length },
        ),
      ),
    );
    fc.assert(
      fc.property(permuted, ([all, order]) => {
        const summary = (fused: ReturnType<typeof fuseRanks>) => fused.map(({ id, score }) => [id, score]);
        expect(summary(fuseRanks(numbered(order.map((i) => all[i]!))))).toEqual(
          summary(fuseRanks(numbered(all))),
        );
      }),
    );
  });

  it("refuses an id that a channel ranks twice, and a negative k", () => {
    expect(() => fuseRanks({ text: ["a", "b", "a"] })).toThrow(/"text" ranks "a" twice/);
    expect(() => fuseRanks({ text: ["a"] }, { k: -1 })).toThrow(/0 or more, not -1/);
    expect(() => fuseRanks({ text: ["a"] }, { k: Number.NaN })).toThrow(/not NaN/);
  });

  it("counts on from another list where a channel says so", () => {
    const fused = fuseRanks({ words: ["a", "b"], similar: ["c"] }, { firstRanks: { similar: 3 } });
    expect(fused.map(({ id }) => id)).toEqual(["a", "b", "c"]);
    expect(fused[2]).toMatchObject({ score: 1 / 63, ranks: { similar: 3 } });
  });
});

describe.skipIf(!existsSync(vectorsFile))("fuseRanks against the reference", () => {
  const vectors: readonly RrfVector[] = existsSync(vectorsFile)
    ? (JSON.parse(readFileSync(vectorsFile, "utf8")) as { rrf: RrfVector[] }).rrf
    : [];

  test.each(vectors)("$name", ({ k, lists, order, scores }) => {
    const fused = fuseRanks(numbered(lists), { k });
    expect(fused.map(({ id }) => id)).toEqual(order);
    fused.forEach(({ score }, i) => expect(Math.abs(score - scores[i]!)).toBeLessThanOrEqual(1e-12));
  });
});
