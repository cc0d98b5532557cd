import { describe, expect, it } from "vitest";
import { similarityAt } from "./similarity-calibration.ts";

const ARCFACE = { strangerSimilarity: 0.013, matchSimilarity: 0.344 };
const DLIB = { strangerSimilarity: 0.834, matchSimilarity: 0.927 };

describe("similarityAt", () => {
  it("is that of strangers at 0, of the match threshold at 1, and never beyond 1", () => {
    for (const calibration of [ARCFACE, DLIB]) {
      expect(similarityAt(calibration, 0)).toBeCloseTo(calibration.strangerSimilarity, 12);
      expect(similarityAt(calibration, 1)).toBeCloseTo(calibration.matchSimilarity, 12);
      expect(similarityAt(calibration, 100)).toBe(1);
    }
  });
});
