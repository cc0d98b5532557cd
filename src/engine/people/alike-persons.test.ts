import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchPersons, type PersonPrototypes } from "../../cluster/match-persons.ts";
import { normalize } from "../../math/vector.ts";
import { createAlikePersons } from "./alike-persons.ts";

const DIMENSIONS = 8;

/** Persons by number, each looking one of a few ways, so that many pairs are alike. */
const somebody = fc.record({
  looks: fc.dictionary(fc.constantFrom("a", "b", "c", "d", "e", "f"), fc.nat(3)),
  minScore: fc.constantFrom(0.2, 0.5, 0.9),
});

function toPersons(looks: Readonly<Record<string, number>>): PersonPrototypes {
  const personIds = Object.keys(looks).toSorted();
  const rows = personIds.map((id) =>
    normalize(
      Float32Array.from({ length: DIMENSIONS }, (_, k) =>
        Math.cos(k * looks[id]! * 0.7 + (k === 7 ? 0.3 : 0)),
      ),
    ),
  );
  return {
    personIds,
    embeddings: Float32Array.from(rows.flatMap((row) => [...row])),
    dimensions: DIMENSIONS,
  };
}

const sorted = (pairs: Awaited<ReturnType<ReturnType<typeof createAlikePersons>>>) =>
  pairs
    .map(({ personIds, score }) => [...personIds, score.toFixed(5)].join(" "))
    .toSorted((a, b) => (a < b ? -1 : 1));

describe("createAlikePersons", () => {
  it("finds the same whether it goes on from the last answer or begins anew", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(somebody, { minLength: 2, maxLength: 6 }), async (moments) => {
        const goingOn = createAlikePersons(matchPersons);
        for (const { looks, minScore } of moments) {
          const everybody = toPersons(looks);
          const anew = createAlikePersons(matchPersons)(everybody, minScore);
          expect(sorted(await goingOn(everybody, minScore))).toEqual(sorted(await anew));
        }
      }),
    );
  });

  it("compares only whoever looks different", async () => {
    const compared: number[] = [];
    const findAlike = createAlikePersons((faces, ...rest) => {
      compared.push(faces.length / DIMENSIONS);
      return matchPersons(faces, ...rest);
    });
    await findAlike(toPersons({ a: 1, b: 1, c: 2 }), 0.5);
    await findAlike(toPersons({ a: 1, b: 3, c: 2 }), 0.5);
    await findAlike(toPersons({ a: 1, c: 2 }), 0.6);
    expect(compared).toEqual([3, 1]);
  });

  it("begins anew after a comparison that failed", async () => {
    let isBroken = true;
    const findAlike = createAlikePersons((...task) => {
      if (isBroken) throw new Error("The thread ended.");
      return matchPersons(...task);
    });
    await expect(findAlike(toPersons({ a: 1, b: 1 }), 0.5)).rejects.toThrow("ended");
    isBroken = false;
    expect(await findAlike(toPersons({ a: 1, b: 1 }), 0.5)).toHaveLength(1);
  });
});
