import { describe, expect, it } from "vitest";

import { decodeYunet } from "./decode-yunet.ts";

/** A feature map of 3 × 2 cells, 8 pixels apart, with one face in the cell at column 2, row 1. */
function levelWithScores(classScore: number, objectness: number) {
  const level = {
    stride: 8,
    columns: 3,
    anchorsPerCell: 1,
    anchorCount: 6,
    scores: [new Float32Array(6), new Float32Array(6)],
    boxes: new Float32Array(24),
    landmarks: new Float32Array(60),
  };
  level.scores[0]![5] = classScore;
  level.scores[1]![5] = objectness;
  level.boxes.set([0.5, -0.5, Math.log(2), Math.log(4)], 20);
  level.landmarks.set([0, 0, 1, 0, 0, 0, 0, 0, 0.5, 0.25], 50);
  return level;
}

describe("decodeYunet", () => {
  it("reads centre, logarithmic size and landmarks relative to the cell", () => {
    const [face, ...others] = decodeYunet([levelWithScores(0.5, 0.5)], 0.4);
    expect(others).toEqual([]);
    expect(face!.score).toBeCloseTo(0.5, 6);
    expect(face!.box.x).toBeCloseTo(2.5 * 8 - 8, 4);
    expect(face!.box.y).toBeCloseTo(0.5 * 8 - 16, 4);
    expect(face!.box.width).toBeCloseTo(16, 4);
    expect(face!.box.height).toBeCloseTo(32, 4);
    expect(face!.landmarks).toEqual([
      { x: 16, y: 8 },
      { x: 24, y: 8 },
      { x: 16, y: 8 },
      { x: 16, y: 8 },
      { x: 20, y: 10 },
    ]);
  });

  it("scores by the geometric mean of class score and objectness, each within 0–1", () => {
    expect(decodeYunet([levelWithScores(0.25, 1.5)], 0.4)[0]!.score).toBeCloseTo(0.5, 6);
    expect(decodeYunet([levelWithScores(0.9, 0.01)], 0.4)).toEqual([]);
    expect(decodeYunet([levelWithScores(0.9, -0.2)], 0.4)).toEqual([]);
  });
});
