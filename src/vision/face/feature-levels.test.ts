import { describe, expect, it } from "vitest";

import type { Tensor } from "../../onnx/session.ts";
import { groupByFeatureLevel } from "./feature-levels.ts";

/** A 64 × 32 frame has 8 × 4, 4 × 2 and 2 × 1 cells. */
const FRAME = { width: 64, height: 32 };

function tensor(...dims: number[]): Tensor {
  return { type: "float32", data: new Float32Array(dims.reduce((product, side) => product * side, 1)), dims };
}

function outputs(anchorsPerCell: number, batch: readonly number[]): Tensor[] {
  return [32, 8, 2].flatMap((cells) =>
    [1, 4, 10].map((width) => tensor(...batch, cells * anchorsPerCell, width)),
  );
}

describe("groupByFeatureLevel", () => {
  it("sorts outputs by shape, whatever their order, with and without a batch axis", () => {
    for (const batch of [[], [1]]) {
      const levels = groupByFeatureLevel(outputs(2, batch).toReversed(), FRAME);
      expect(levels.map(({ stride, columns, anchorsPerCell }) => [stride, columns, anchorsPerCell])).toEqual([
        [8, 8, 2],
        [16, 4, 2],
        [32, 2, 2],
      ]);
      expect(levels.map(({ boxes, landmarks }) => [boxes.length, landmarks.length])).toEqual([
        [256, 640],
        [64, 160],
        [16, 40],
      ]);
    }
  });

  it("takes several scores an anchor", () => {
    const withObjectness = [...outputs(1, [1]), tensor(1, 32, 1), tensor(1, 8, 1), tensor(1, 2, 1)];
    const levels = groupByFeatureLevel(withObjectness, FRAME);
    expect(levels.map(({ scores }) => scores.length)).toEqual([2, 2, 2]);
  });

  it("refuses outputs that are not a face detector's, naming their shapes", () => {
    expect(() => groupByFeatureLevel([tensor(1, 84, 8400)], FRAME)).toThrow(/64 × 32 .* \[1, 84, 8400\]/);
    expect(() => groupByFeatureLevel(outputs(2, [1]), { width: 96, height: 96 })).toThrow(/face detector/);
    const withoutLandmarks = outputs(1, [1]).filter(({ dims }) => dims.at(-1) !== 10);
    expect(() => groupByFeatureLevel(withoutLandmarks, FRAME)).toThrow(/5 landmarks/);
  });
});
