import { describe, expect, it } from "vitest";

import { invertAffine, transformPoint } from "./affine.ts";

describe("transformPoint", () => {
  it("applies the rows of the matrix", () => {
    expect(transformPoint([1, 2, 3, 4, 5, 6], { x: 10, y: 100 })).toEqual({ x: 213, y: 546 });
  });
});

describe("invertAffine", () => {
  it("leads every point back", () => {
    const matrix = [2, -1, 30, 0.5, 3, -7] as const;
    const back = transformPoint(invertAffine(matrix)!, transformPoint(matrix, { x: 4, y: -9 }));
    expect(back.x).toBeCloseTo(4, 12);
    expect(back.y).toBeCloseTo(-9, 12);
  });

  it("has no answer for a matrix that flattens the plane or holds NaN", () => {
    expect(invertAffine([1, 2, 0, 2, 4, 0])).toBeUndefined();
    expect(invertAffine([Number.NaN, 0, 0, 0, 1, 0])).toBeUndefined();
  });
});
