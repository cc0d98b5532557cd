import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { countBits, hammingDistance } from "./hamming-distance.ts";

const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe("hammingDistance", () => {
  test.each([
    { a: "", b: "", expected: 0 },
    { a: "00", b: "ff", expected: 8 },
    { a: "0f01", b: "0E03", expected: 2 },
    { a: "8000000000000000", b: "0000000000000001", expected: 2 },
  ])("of $a and $b is $expected", ({ a, b, expected }) => {
    expect(hammingDistance(a, b)).toBe(expected);
  });

  it("is symmetric, 0 only for equal hashes, and the same for bytes and hex", () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const distance = hammingDistance(a, b);
        expect(hammingDistance(b, a)).toBe(distance);
        expect(distance === 0).toBe(Buffer.compare(a, b) === 0);
        expect(hammingDistance(a, a)).toBe(0);
        expect(hammingDistance(Buffer.from(a).toString("hex"), b)).toBe(distance);
      }),
    );
  });

  it("is never more than over a third hash", () => {
    fc.assert(
      fc.property(bytes, bytes, bytes, (a, b, c) => {
        expect(hammingDistance(a, c)).toBeLessThanOrEqual(hammingDistance(a, b) + hammingDistance(b, c));
      }),
    );
  });

  it("refuses different lengths and text that is not hex", () => {
    expect(() => hammingDistance("00", "0000")).toThrow(/not 8 and 16 bits/);
    expect(() => hammingDistance("0g", "00")).toThrow(/"0g"/);
    expect(() => hammingDistance("000", "000")).toThrow(/even number/);
  });
});

describe("countBits", () => {
  it("counts the ones of any 32-bit word", () => {
    fc.assert(
      fc.property(fc.integer(), (word) => {
        expect(countBits(word)).toBe((word >>> 0).toString(2).replaceAll("0", "").length);
      }),
    );
  });
});
