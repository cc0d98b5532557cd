import fc from "fast-check";
import { describe, expect, it, test } from "vitest";

import { hasShared, readSharedJson } from "../../test/shared-files.ts";
import { intersectionOverUnion } from "./intersection-over-union.ts";
import { nonMaximumSuppression } from "./non-maximum-suppression.ts";

interface Case {
  readonly boxes: readonly [number, number, number, number][];
  readonly scores: readonly number[];
  readonly classes: readonly number[];
  readonly iou: number;
  readonly keep_torchvision: readonly number[];
  readonly keep_batched: readonly number[];
  /** By insightface's rule, which counts the pixel at both ends of a side. */
  readonly keep_insightface_plus1: readonly number[];
}

const VECTORS = "conformance/face/nms.json";
const hasConformance = hasShared("non-maximum suppression against torchvision", VECTORS);
const conformance = hasConformance ? readSharedJson<Case[]>(VECTORS) : [];

function candidatesOf({ boxes, scores }: Case) {
  return boxes.map(([left, top, right, bottom], index) => ({
    box: { x: left, y: top, width: right - left, height: bottom - top },
    score: scores[index]!,
    index,
  }));
}

const candidate = fc.record({
  box: fc.record({
    x: fc.integer({ min: 0, max: 60 }),
    y: fc.integer({ min: 0, max: 60 }),
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 40 }),
  }),
  score: fc.double({ min: 0, max: 1, noNaN: true }),
});
const candidatesOfDistinctScore = fc.uniqueArray(candidate, {
  selector: ({ score }) => score,
  maxLength: 40,
});

describe("nonMaximumSuppression", () => {
  describe.skipIf(!hasConformance)("against torchvision", () => {
    test.each(conformance)("$boxes.length boxes at IoU $iou", (vector) => {
      const candidates = candidatesOf(vector);
      const kept = nonMaximumSuppression(candidates, vector.iou);
      const keptByClass = nonMaximumSuppression(
        candidates.map((item) => ({ ...item, classIndex: vector.classes[item.index]! })),
        vector.iou,
      );
      expect(kept.map(({ index }) => index)).toEqual(vector.keep_torchvision);
      expect(keptByClass.map(({ index }) => index)).toEqual(vector.keep_batched);
    });
  });

  describe.skipIf(!hasConformance)("against insightface, whose sides are a pixel longer", () => {
    test.each(conformance)("$boxes.length boxes at IoU $iou", (vector) => {
      const longer = candidatesOf(vector).map(({ box, ...item }) => {
        return { ...item, box: { ...box, width: box.width + 1, height: box.height + 1 } };
      });
      const kept = nonMaximumSuppression(longer, vector.iou);
      expect(kept.map(({ index }) => index)).toEqual(vector.keep_insightface_plus1);
    });
  });

  it("keeps the same boxes in whatever order they come", () => {
    fc.assert(
      fc.property(candidatesOfDistinctScore, fc.nat(), (candidates, seed) => {
        const shuffled = candidates.toSorted((a, b) => ((a.score * seed) % 1) - ((b.score * seed) % 1));
        expect(nonMaximumSuppression(shuffled, 0.4)).toEqual(nonMaximumSuppression(candidates, 0.4));
      }),
    );
  });

  it("leaves no pair that overlaps too much and removes none without a reason", () => {
    fc.assert(
      fc.property(candidatesOfDistinctScore, (candidates) => {
        const kept = nonMaximumSuppression(candidates, 0.4);
        for (const item of candidates) {
          const rivals = kept.filter(
            (other) =>
              other !== item && other.score > item.score && intersectionOverUnion(other.box, item.box) > 0.4,
          );
          expect(rivals.length > 0).toBe(!kept.includes(item));
        }
      }),
    );
  });

  it("suppresses above the threshold only, not at it", () => {
    const box = { x: 0, y: 0, width: 10, height: 10 };
    const half = { x: 0, y: 0, width: 10, height: 5 };
    const candidates = [
      { box, score: 0.9 },
      { box: half, score: 0.8 },
    ];
    expect(nonMaximumSuppression(candidates, 0.5)).toHaveLength(2);
    expect(nonMaximumSuppression(candidates, 0.49)).toHaveLength(1);
  });

  it("keeps no more than the limit, the best ones", () => {
    const candidates = [0.1, 0.9, 0.5].map((score, i) => ({
      box: { x: i * 100, y: 0, width: 10, height: 10 },
      score,
    }));
    expect(nonMaximumSuppression(candidates, 0.5, 2).map(({ score }) => score)).toEqual([0.9, 0.5]);
  });
});
