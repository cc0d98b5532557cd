import { describe, expect, test } from "vitest";

import { computeFaceQuality } from "./face-quality.ts";

describe("computeFaceQuality", () => {
  test.each([
    [{ width: 200, height: 200 }, 1, 1],
    [{ width: 1000, height: 800 }, 0.5, 0.75],
    [{ width: 100, height: 100 }, 0.5, 0.375],
    [{ width: 0, height: 0 }, 0.75, 0.375],
  ])("of a face %o with confidence %d is %d", (face, score, expected) => {
    expect(computeFaceQuality(face, score)).toBeCloseTo(expected, 12);
  });
});
