import { describe, expect, it } from "vitest";

import { decodeSsd } from "./decode-ssd.ts";

const FRAME = { width: 512, height: 256 };
const floats = (dims: number[], ...values: number[]) =>
  ({ type: "float32", data: Float32Array.from(values), dims }) as const;

describe("decodeSsd", () => {
  it("gives boxes in pixels of the frame, cut off at its border, whichever output comes first", () => {
    const boxes = floats([1, 3, 4], 0.25, 0.5, 0.5, 1.5, 0, 0, 1, 1, 1.2, 0, 1.4, 1);
    const scores = floats([1, 3, 1], 0.75, 0.25, 0.9);
    const expected = [{ box: { x: 128, y: 128, width: 128, height: 128 }, score: 0.75 }];
    expect(decodeSsd([boxes, scores], FRAME, 0.5)).toEqual(expected);
    expect(decodeSsd([scores, boxes], FRAME, 0.5)).toEqual(expected);
  });

  it("takes no face from numbers that are none", () => {
    const outputs = [floats([1, 2, 4], ...Array<number>(8).fill(NaN)), floats([1, 2, 1], NaN, 0.9)];
    expect(decodeSsd(outputs, FRAME, 0.5)).toEqual([]);
  });

  it("refuses outputs of another kind", () => {
    const outputs = [floats([1, 2, 4], ...Array<number>(8).fill(0)), floats([1, 3, 1], 1, 1, 1)];
    expect(() => decodeSsd(outputs, FRAME, 0.5)).toThrow(/not \[1, 2, 4\] \[1, 3, 1\]/);
    expect(() => decodeSsd([], FRAME, 0.5)).toThrow(/SSD head/);
  });
});
