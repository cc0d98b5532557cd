import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { computeMargin, INT8_LIMIT, quantise, QUERY_LIMIT, rescoreCandidates } from "./quantised-rows.ts";
import { toUnitEmbedding } from "./unit-embedding.ts";

const DIMENSIONS = 24;
const units = fc
  .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: DIMENSIONS, maxLength: DIMENSIONS })
  .map((values) => Float32Array.from(values))
  .filter((values) => values.some((value) => Math.abs(value) > 1e-3))
  .map((values) => toUnitEmbedding(values, DIMENSIONS, "The example"));

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

describe("quantise", () => {
  it("loses at most half a step a value and reports the length of what it lost", () => {
    fc.assert(
      fc.property(units, (unit) => {
        const integers = new Int8Array(DIMENSIONS);
        const { scale, error } = quantise(unit, integers, INT8_LIMIT);
        const lost = [...unit].map((value, i) => value - integers[i]! * scale);
        expect(Math.max(...lost.map(Math.abs))).toBeLessThanOrEqual(scale * 0.5001);
        expect(error).toBeCloseTo(Math.sqrt(dot(lost, lost)), 9);
      }),
    );
  });

  it("bounds every similarity from above, by the row's error and the query's margin", () => {
    fc.assert(
      fc.property(units, units, (query, row) => {
        const [queryIntegers, rowIntegers] = [new Int16Array(DIMENSIONS), new Int8Array(DIMENSIONS)];
        const quantisedQuery = quantise(query, queryIntegers, QUERY_LIMIT);
        const quantisedRow = quantise(row, rowIntegers, INT8_LIMIT);
        const score = dot(queryIntegers, rowIntegers) * quantisedQuery.scale * quantisedRow.scale;
        const margin = computeMargin(quantisedQuery.error, DIMENSIONS);
        expect(dot(query, row)).toBeLessThanOrEqual(score + quantisedRow.error + margin);
      }),
    );
  });
});

describe("rescoreCandidates", () => {
  const exact = [0.5, 0.7, 0.6, 0.1];
  const candidates = [0.9, 0.8, 0.75, 0.2].map((similarity, row) => ({ id: row, row, similarity }));

  it("orders by exact similarity what was collected by bound", () => {
    const matches = rescoreCandidates(candidates, 2, 0, (row) => exact[row]!);
    expect(matches).toEqual([
      { id: 1, similarity: 0.7 },
      { id: 2, similarity: 0.6 },
    ]);
  });

  it("reads only rows that can still be among the best", () => {
    const read: number[] = [];
    rescoreCandidates(candidates, 2, 0, (row) => (read.push(row), exact[row]!));
    expect(read).toEqual([0, 1, 2]);
  });
});
