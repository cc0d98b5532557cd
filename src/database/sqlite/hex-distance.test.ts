import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { hammingDistance } from "../../math/hamming-distance.ts";
import { hexDistance } from "./hex-distance.ts";

describe("hexDistance", () => {
  it("counts the bits in which two hashes differ", () => {
    expect(hexDistance("00F0", "00FF")).toBe(4);
    for (let i = 0; i < 50; i++) {
      const [a, b] = [randomBytes(32), randomBytes(32)];
      const [hexA, hexB] = [a.toString("hex").toUpperCase(), b.toString("hex").toUpperCase()];
      expect(hexDistance(hexA, hexB)).toBe(hammingDistance(a, b));
      expect(hexDistance(hexA, hexA)).toBe(0);
    }
  });

  it("is null where there is nothing to compare", () => {
    expect(hexDistance("00", "0000")).toBeNull();
    expect(hexDistance(null, "00")).toBeNull();
    expect(hexDistance("00", new Uint8Array(1))).toBeNull();
  });
});
