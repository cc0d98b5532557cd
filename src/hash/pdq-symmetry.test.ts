import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hammingDistance } from "../math/hamming-distance.ts";
import { derivePdqVariants, SYMMETRIES, turnBlock, writeBits } from "./pdq-symmetry.ts";

const hashes = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString("hex"));

describe("writeBits", () => {
  it("puts the first bit lowest in the last digit and the last bit highest in the first", () => {
    const bits = new Uint8Array(256);
    bits[0] = 1;
    bits[5] = 1;
    bits[255] = 1;
    expect(writeBits(bits)).toBe(`8${"0".repeat(61)}21`);
  });
});

describe("turnBlock", () => {
  const block = Float64Array.from({ length: 256 }, (_, i) => i + 1);

  it("swaps the directions and negates odd frequencies when the picture is turned left", () => {
    const turned = turnBlock(block, SYMMETRIES[1]!);
    expect(turned[0]).toBe(-1);
    expect(turned[1]).toBe(-17);
    expect(turned[16]).toBe(2);
  });

  it("comes back after four turns and after mirroring twice", () => {
    const fourTurns = [1, 2, 3, 4].reduce<Float64Array>((turned) => turnBlock(turned, SYMMETRIES[1]!), block);
    expect(fourTurns).toEqual(block);
    SYMMETRIES.slice(4).forEach((mirror) =>
      expect(turnBlock(turnBlock(block, mirror), mirror)).toEqual(block),
    );
  });
});

describe("derivePdqVariants", () => {
  it("equals the hashes from frequencies where their median is 0", () => {
    const block = Float64Array.from({ length: 256 }, (_, i) => Math.sin(1 + i * i));
    const toHash = (values: Float64Array) => writeBits(Uint8Array.from(values, (value) => Number(value > 0)));
    const expected = SYMMETRIES.map((symmetry) => toHash(turnBlock(block, symmetry)));
    expect(derivePdqVariants(toHash(block))).toEqual(expected);
  });

  it("begins with the hash itself and finds it again from each variant", () => {
    fc.assert(
      fc.property(hashes, (hash) => {
        const variants = derivePdqVariants(hash);
        expect(variants[0]).toBe(hash);
        variants.forEach((variant) => expect(derivePdqVariants(variant)).toContain(hash));
      }),
    );
  });

  it("keeps the distance of two pictures turned alike", () => {
    fc.assert(
      fc.property(hashes, hashes, (a, b) => {
        const turned = derivePdqVariants(b);
        const distances = derivePdqVariants(a).map((variant, i) => hammingDistance(variant, turned[i]!));
        expect(new Set(distances)).toEqual(new Set([hammingDistance(a, b)]));
      }),
    );
  });
});
