import { describe, expect, it, test } from "vitest";

import { decodeYolov8, decodeYolox } from "./decode-yolo.ts";

/** A 32 pixel input has 4 × 4 + 2 × 2 + 1 × 1 cells. */
const INPUT_SIZE = 32;
const CELLS = 21;
const OPTIONS = { inputSize: INPUT_SIZE, scoreThreshold: 0.25, classesPerCell: "best" } as const;

function yoloxOutput(rows: Readonly<Record<number, readonly number[]>>) {
  const data = new Float32Array(CELLS * 7);
  for (const [cell, values] of Object.entries(rows)) data.set(values, Number(cell) * 7);
  return { data, dims: [1, CELLS, 7] };
}

describe("decodeYolox", () => {
  test.each([
    ["of stride 8", 6, { x: (2 + 0.5) * 8 - 4, y: (1 + 0.25) * 8 - 8, width: 8, height: 16 }],
    ["of stride 16", 19, { x: (1 + 0.5) * 16 - 8, y: (1 + 0.25) * 16 - 16, width: 16, height: 32 }],
    ["of stride 32", 20, { x: 0.5 * 32 - 16, y: 0.25 * 32 - 32, width: 32, height: 64 }],
  ])("reads offset and logarithmic size relative to a cell %s", (_, cell, box) => {
    const output = yoloxOutput({ [cell]: [0.5, 0.25, 0, Math.log(2), 0.5, 0.2, 0.8] });
    const [candidate, ...others] = decodeYolox(output, OPTIONS);
    expect(others).toEqual([]);
    expect(candidate!.classIndex).toBe(1);
    expect(candidate!.score).toBeCloseTo(0.4, 6);
    for (const side of ["x", "y", "width", "height"] as const) {
      expect(candidate!.box[side]).toBeCloseTo(box[side], 4);
    }
  });

  it("gives one class a cell for use, every passing class for benchmarks", () => {
    const output = yoloxOutput({ 3: [0, 0, 0, 0, 1, 0.75, 0.5], 4: [0, 0, 0, 0, 1, 0.125, 0.5] });
    const classesOf = (classesPerCell: "best" | "all") =>
      decodeYolox(output, { ...OPTIONS, classesPerCell }).map(({ classIndex, score }) => [classIndex, score]);
    expect(classesOf("best")).toEqual([
      [0, 0.75],
      [1, 0.5],
    ]);
    expect(classesOf("all")).toEqual([
      [0, 0.75],
      [1, 0.5],
      [1, 0.5],
    ]);
  });

  it("weighs classes by the objectness", () => {
    expect(decodeYolox(yoloxOutput({ 0: [0, 0, 0, 0, 0.5, 0.375, 0.25] }), OPTIONS)).toEqual([]);
  });

  it("refuses an output whose cells are not those of the input size", () => {
    expect(() => decodeYolox(yoloxOutput({}), { ...OPTIONS, inputSize: 64 })).toThrow(/21 cells .* makes 84/);
  });
});

describe("decodeYolov8", () => {
  /** Two cells, two classes: [cx, cy, w, h, class 0, class 1] by rows of cells. */
  const output = {
    data: Float32Array.from([10, 20, 12, 30, 4, 8, 6, 10, 0.75, 0.125, 0.5, 0.125]),
    dims: [1, 6, 2],
  };

  it("reads centre boxes, the best class a cell", () => {
    expect(decodeYolov8(output, OPTIONS)).toEqual([
      { box: { x: 8, y: 9, width: 4, height: 6 }, score: 0.75, classIndex: 0 },
    ]);
  });

  it("gives every passing class for benchmarks", () => {
    const candidates = decodeYolov8(output, { ...OPTIONS, scoreThreshold: 0.125, classesPerCell: "all" });
    expect(candidates.map(({ classIndex, score }) => [classIndex, score])).toEqual([
      [0, 0.75],
      [1, 0.5],
      [0, 0.125],
      [1, 0.125],
    ]);
  });
});
