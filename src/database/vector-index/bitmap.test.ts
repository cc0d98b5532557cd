import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { Bitmap } from "./bitmap.ts";

const LARGEST_ID = 2 ** 32 - 1;
/** Ids around the borders of words and chunks, and anywhere. */
const someIds = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 70 }),
    fc.integer({ min: 65_500, max: 65_600 }),
    fc.integer({ min: 0, max: LARGEST_ID }),
  ),
);

describe("Bitmap", () => {
  it("holds what a set holds", () => {
    fc.assert(
      fc.property(someIds, someIds, (ids, others) => {
        const bitmap = Bitmap.fromIds(ids);
        expect(bitmap.count).toBe(new Set(ids).size);
        for (const id of [...ids, ...others]) expect(bitmap.has(id)).toBe(ids.includes(id));
      }),
    );
  });

  it("combines as sets do and leaves its operands alone", () => {
    fc.assert(
      fc.property(someIds, someIds, (ids, others) => {
        const [a, b] = [new Set(ids), new Set(others)];
        const [left, right] = [Bitmap.fromIds(ids), Bitmap.fromIds(others)];
        const cases: [Bitmap, Set<number>][] = [
          [left.and(right), new Set(ids.filter((id) => b.has(id)))],
          [left.or(right), new Set([...ids, ...others])],
          [left.andNot(right), new Set(ids.filter((id) => !b.has(id)))],
        ];
        for (const [bitmap, expected] of cases) {
          expect(bitmap.count).toBe(expected.size);
          for (const id of expected) expect(bitmap.has(id)).toBe(true);
          bitmap.add(3);
        }
        expect(left.count).toBe(a.size);
        expect(right.count).toBe(b.size);
      }),
    );
  });

  it("spends memory on chunks that hold ids only", () => {
    expect(Bitmap.fromIds([5, LARGEST_ID]).chunks.size).toBe(2);
  });

  it("can be read from the chunks of another", () => {
    expect(new Bitmap(Bitmap.fromIds([1, 70_000]).chunks).has(70_000)).toBe(true);
  });

  test.each([-1, 1.5, NaN, LARGEST_ID + 1])("refuses the id %d and never holds it", (id) => {
    expect(() => Bitmap.fromIds([id])).toThrow(expect.objectContaining({ code: "bad_request" }));
    expect(Bitmap.fromIds([0, 1, LARGEST_ID]).has(id)).toBe(false);
  });
});
