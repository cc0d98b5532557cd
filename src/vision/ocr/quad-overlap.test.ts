import { describe, expect, it } from "vitest";
import type { Quad } from "../../core/geometry.ts";
import { overlapOfSmaller } from "./quad-overlap.ts";

const LINE: Quad = [0, 0, 100, 0, 100, 20, 0, 20];

describe("overlapOfSmaller", () => {
  it("is one for a quad inside another, whichever comes first", () => {
    const word: Quad = [10, 5, 30, 5, 30, 15, 10, 15];
    expect(overlapOfSmaller(LINE, word)).toBeCloseTo(1, 9);
    expect(overlapOfSmaller(word, LINE)).toBeCloseTo(1, 9);
  });

  it("is the shared part of the smaller one, also at an angle", () => {
    expect(overlapOfSmaller(LINE, [90, 0, 130, 0, 130, 20, 90, 20])).toBeCloseTo(0.25, 9);
    expect(overlapOfSmaller(LINE, [20, 10, 30, 20, 20, 30, 10, 20])).toBeCloseTo(0.5, 9);
  });

  it("is zero for neighbours and for a flat quad", () => {
    expect(overlapOfSmaller(LINE, [0, 20, 100, 20, 100, 40, 0, 40])).toBe(0);
    expect(overlapOfSmaller(LINE, [0, 5, 100, 5, 100, 5, 0, 5])).toBe(0);
  });
});
