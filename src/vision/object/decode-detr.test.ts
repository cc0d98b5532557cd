import { describe, expect, it } from "vitest";

import type { Tensor } from "../../onnx/session.ts";
import { decodeDetr, decodeDetrDecoded } from "./decode-detr.ts";

const OPTIONS = { inputSize: 640, scoreThreshold: 0.25, classesPerCell: "best" } as const;

function floats(dims: readonly number[], ...data: number[]): Tensor {
  return { type: "float32", data: Float32Array.from(data), dims };
}

function logit(probability: number): number {
  return Math.log(probability / (1 - probability));
}

describe("decodeDetr", () => {
  /** Two queries, three classes. */
  const outputs = {
    pred_boxes: floats([1, 2, 4], 0.5, 0.25, 0.5, 0.25, 0.125, 0.125, 0.25, 0.25),
    logits: floats([1, 2, 3], logit(0.1), logit(0.75), logit(0.5), -20, logit(0.2), -20),
  };

  it("reads centre boxes as fractions of the input and logits by the sigmoid, the best class a query", () => {
    const [candidate, ...others] = decodeDetr(outputs, OPTIONS);
    expect(others).toEqual([]);
    expect(candidate).toMatchObject({ box: { x: 160, y: 80, width: 320, height: 160 }, classIndex: 1 });
    expect(candidate!.score).toBeCloseTo(0.75, 6);
  });

  it("gives every passing class for benchmarks, down to the threshold", () => {
    const all = decodeDetr(outputs, { ...OPTIONS, scoreThreshold: 0.15, classesPerCell: "all" });
    expect(all.map(({ classIndex, score }) => [classIndex, Number(score.toFixed(3))])).toEqual([
      [1, 0.75],
      [2, 0.5],
      [1, 0.2],
    ]);
  });

  it("refuses outputs of another head, naming what there is", () => {
    expect(() => decodeDetr({ output0: outputs.logits }, OPTIONS)).toThrow(/"logits", only output0/);
    const mixed = { ...outputs, pred_boxes: floats([1, 1, 4], 0, 0, 1, 1) };
    expect(() => decodeDetr(mixed, OPTIONS)).toThrow(/2 queries and 1 boxes/);
  });
});

describe("decodeDetrDecoded", () => {
  const outputs = {
    labels: { type: "int64", data: BigInt64Array.of(16n, 0n), dims: [1, 2] } as const,
    boxes: floats([1, 2, 4], 10, 20, 110, 70, 0, 0, 640, 640),
    scores: floats([1, 2], 0.5, 0.125),
  };

  it("reads corners in pixels, down to the threshold", () => {
    expect(decodeDetrDecoded(outputs, OPTIONS)).toEqual([
      { box: { x: 10, y: 20, width: 100, height: 50 }, score: 0.5, classIndex: 16 },
    ]);
  });

  it("refuses outputs that do not belong together", () => {
    const { labels, ...unlabelled } = outputs;
    expect(() => decodeDetrDecoded(unlabelled, OPTIONS)).toThrow(/0 labels, 2 boxes and 2 scores/);
    const fewer = { ...outputs, labels: { ...labels, data: BigInt64Array.of(16n) } };
    expect(() => decodeDetrDecoded(fewer, OPTIONS)).toThrow(/1 labels, 2 boxes and 2 scores/);
  });
});
