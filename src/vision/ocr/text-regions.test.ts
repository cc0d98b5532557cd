import { describe, expect, it } from "vitest";
import { findTextRegions } from "./text-regions.ts";

function outlinesOf(rows: readonly (readonly number[])[], options = { mapThreshold: 0.3, dilate: false }) {
  const map = { data: Float32Array.from(rows.flat()), width: rows[0]!.length, height: rows.length };
  return findTextRegions(map, options).map(({ outline }) => outline.map(({ x, y }) => `${x},${y}`).join(" "));
}

describe("findTextRegions", () => {
  it("takes what is above the threshold in single precision, however little, and nothing negative", () => {
    const above = 0.30000004;
    const equal = Math.fround(0.3);
    expect(equal).toBeGreaterThan(0.3);
    const row = [equal, equal, above, equal, -1, -1e9, -0, equal, 0.2];
    expect(outlinesOf([row])).toEqual(["2,0 2,0"]);
    expect(outlinesOf([row], { mapThreshold: 0.3, dilate: true })).toEqual(["2,0 3,0"]);
  });

  it("ends a run with its row", () => {
    expect(
      outlinesOf([
        [0, 0, 0, 0, 0, 0, 1, 1, 1],
        [0, 0, 0, 0, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0, 0, 0, 1],
        [1, 0, 0, 0, 0, 0, 0, 0, 0],
      ]),
    ).toEqual(["6,0 8,0", "0,2 1,2 0,3 0,3", "8,2 8,2"]);
  });

  it("joins regions one pixel apart where it dilates", () => {
    const rows = [
      [0, 0, 0, 0, 0],
      [1, 0, 1, 0, 0],
      [0, 0, 0, 0, 0],
    ];
    expect(outlinesOf(rows)).toHaveLength(2);
    expect(outlinesOf(rows, { mapThreshold: 0.3, dilate: true })).toEqual(["0,1 3,1 0,2 3,2"]);
  });
});
