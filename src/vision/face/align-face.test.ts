import { describe, expect, it, test } from "vitest";

import { hasShared, readSharedImage, readSharedJson } from "../../../test/shared-files.ts";
import type { Point } from "../../core/geometry.ts";
import { type AffineMatrix, transformPoint } from "../../math/affine.ts";
import { alignFace, computeAlignment } from "./align-face.ts";

interface Alignments {
  readonly cases: readonly {
    image_size: number;
    landmarks: readonly [number, number][];
    M: readonly [number[], number[]];
  }[];
  readonly crops: readonly { file: string; landmarks: readonly [number, number][] }[];
}

const VECTORS = "conformance/face/align.json";
const hasConformance = hasShared("face alignment against scikit-image and OpenCV", VECTORS);
const { cases, crops }: Alignments = hasConformance ? readSharedJson(VECTORS) : { cases: [], crops: [] };

const UPRIGHT: readonly Point[] = [
  { x: 100, y: 100 },
  { x: 140, y: 100 },
  { x: 120, y: 125 },
  { x: 104, y: 145 },
  { x: 136, y: 145 },
];

function toPoints(pairs: readonly [number, number][]): Point[] {
  return pairs.map(([x, y]) => ({ x, y }));
}

describe("computeAlignment", () => {
  test.skipIf(!hasConformance).each(cases)(
    "maps landmarks to within 0.001 pixels of scikit-image at $image_size ($#)",
    ({ image_size, landmarks, M }) => {
      const expected = M.flat() as unknown as AffineMatrix;
      const alignment = computeAlignment(toPoints(landmarks), image_size);
      for (const point of toPoints(landmarks)) {
        const ours = transformPoint(alignment, point);
        const theirs = transformPoint(expected, point);
        expect(Math.hypot(ours.x - theirs.x, ours.y - theirs.y)).toBeLessThan(1e-3);
      }
    },
  );

  it("centres the mean face in crops of 128 pixels, with a margin on both sides", () => {
    const narrow = transformPoint(computeAlignment(UPRIGHT, 112), UPRIGHT[0]!);
    const wide = transformPoint(computeAlignment(UPRIGHT, 128), UPRIGHT[0]!);
    expect(wide.x - narrow.x).toBeCloseTo(8, 8);
    expect(wide.y - narrow.y).toBeCloseTo(0, 8);
  });

  it("leaves a quarter round the mean face of dlib", () => {
    const meanFace = [
      { x: 47.566, y: 46.599 },
      { x: 100.46, y: 46.599 },
      { x: 74.013, y: 76.5625 },
      { x: 50.415, y: 103.023 },
      { x: 97.61, y: 103.023 },
    ];
    const [a, b, c, d, e, f] = computeAlignment(meanFace, 150, "dlib");
    for (const [i, value] of [a, b, c, d, e, f].entries())
      expect(value).toBeCloseTo([1, 0, 0, 0, 1, 0][i]!, 2);
    const [halved] = computeAlignment(meanFace, 75, "dlib");
    expect(halved).toBeCloseTo(0.5, 3);
  });

  it("refuses landmarks that coincide", () => {
    expect(() =>
      computeAlignment(
        UPRIGHT.map(() => ({ x: 7, y: 7 })),
        112,
      ),
    ).toThrow(/same point/);
  });
});

describe.skipIf(!hasConformance)("alignFace", () => {
  test.each(crops)("$file differs little from OpenCV's", async ({ file, landmarks }) => {
    const scene = await readSharedImage("conformance/face/scene.png");
    const expected = await readSharedImage(`conformance/face/${file}`);
    const crop = alignFace(scene, toPoints(landmarks), { inputSize: 112 });
    const differences = Array.from(crop.data, (level, i) => Math.abs(level - expected.data[i]!));
    const sum = differences.reduce((total, difference) => total + difference, 0);
    expect([crop.width, crop.height]).toEqual([112, 112]);
    expect(sum / differences.length).toBeLessThan(0.5);
    expect(differences.reduce((a, b) => Math.max(a, b), 0)).toBeLessThanOrEqual(6);
  });
});
