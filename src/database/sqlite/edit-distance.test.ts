import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { editDistance } from "./edit-distance.ts";

describe("editDistance", () => {
  test.each([
    ["", "", 0],
    ["abc", "abc", 0],
    ["abc", "", 3],
    ["birthday", "brithday", 1],
    ["birthday", "birhday", 1],
    ["kitten", "sitting", 3],
    ["ca", "abc", 3],
    ["ab", "ba", 1],
  ])("from %j to %j is %i", (a, b, distance) => {
    expect(editDistance(a, b, 5)).toBe(distance);
  });

  it("says one more than the limit for anything beyond it", () => {
    expect(editDistance("abcdef", "uvwxyz", 2)).toBe(3);
    expect(editDistance("a", "abcdefgh", 2)).toBe(3);
  });

  it("is the same both ways, and at most the number of random edits", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 8 });
    fc.assert(
      fc.property(letters, letters, fc.nat(8), (a, b, at) => {
        expect(editDistance(a, b, 9)).toBe(editDistance(b, a, 9));
        expect(editDistance(a, `${a.slice(0, at)}x${a.slice(at)}`, 9)).toBe(1);
        expect(Math.min(editDistance(a, b, 9), 3)).toBe(editDistance(a, b, 2));
      }),
    );
  });
});
