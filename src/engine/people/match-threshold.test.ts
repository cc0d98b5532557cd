import { describe, expect, it } from "vitest";
import { matchThreshold } from "./match-threshold.ts";

const mobilefacenet = { strangerSimilarity: 0.0174, matchSimilarity: 0.3556 };

describe("matchThreshold", () => {
  it("asks for more the more persons a stranger could be taken for", () => {
    const thresholds = [1, 14, 80, 500, 2000].map((persons) => matchThreshold(mobilefacenet, persons));
    expect(thresholds.map((threshold) => Number(threshold.toFixed(3)))).toEqual([
      0.415, 0.415, 0.457, 0.5, 0.532,
    ]);
  });
});
