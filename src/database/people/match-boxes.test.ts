import { describe, expect, it } from "vitest";
import { matchBoxes } from "./match-boxes.ts";

const box = (x: number, size = 0.2) => ({ x, y: 0.3, width: size, height: size });

describe("matchBoxes", () => {
  it("finds the same faces in another order, framed a little differently", () => {
    expect(matchBoxes([box(0.61), box(0.1, 0.24)], [box(0.12), box(0.6)])).toEqual([1, 0]);
  });

  it("takes the better of two that overlap, and each box once", () => {
    expect(matchBoxes([box(0.1), box(0.16)], [box(0.15)])).toEqual([undefined, 0]);
    expect(matchBoxes([box(0.1)], [box(0.1), box(0.12)])).toEqual([0]);
  });

  it("leaves neighbours apart, and answers for no boxes at all", () => {
    expect(matchBoxes([box(0.1)], [box(0.25)])).toEqual([undefined]);
    expect(matchBoxes([], [box(0.1)])).toEqual([]);
    expect(matchBoxes([box(0.1)], [])).toEqual([undefined]);
  });
});
