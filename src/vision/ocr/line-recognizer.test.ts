import { describe, expect, it } from "vitest";
import { groupByWidth } from "./line-recognizer.ts";

describe("groupByWidth", () => {
  it("puts lines of similar width together, whatever their order", () => {
    expect(groupByWidth([100, 300, 105, 310, 50])).toEqual([[4], [0, 2], [1, 3]]);
  });

  it("keeps groups small", () => {
    const groups = groupByWidth(Array.from({ length: 20 }, () => 100));
    expect(groups.map((group) => group.length)).toEqual([8, 8, 4]);
  });
});
