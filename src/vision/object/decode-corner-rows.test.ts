import { describe, expect, it } from "vitest";

import { decodeCornerRows } from "./decode-corner-rows.ts";

describe("decodeCornerRows", () => {
  it("reads rows of corners, score and class, down to the threshold", () => {
    const data = Float32Array.from([10, 20, 110, 70, 0.5, 7, 0, 0, 5, 5, 0.25, 0, 9, 9, 3, 12, 0.75, 79]);
    expect(decodeCornerRows({ data, dims: [1, 3, 6] }, { scoreThreshold: 0.5 })).toEqual([
      { box: { x: 10, y: 20, width: 100, height: 50 }, score: 0.5, classIndex: 7 },
      { box: { x: 9, y: 9, width: 0, height: 3 }, score: 0.75, classIndex: 79 },
    ]);
  });

  it("refuses rows of another length", () => {
    const output = { data: new Float32Array(85), dims: [1, 1, 85] };
    expect(() => decodeCornerRows(output, { scoreThreshold: 0.5 })).toThrow(/rows of 6 .* \[1, 1, 85\]/);
  });
});
