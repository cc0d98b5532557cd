import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Point } from "../core/geometry.ts";
import { type AffineMatrix, transformPoint } from "./affine.ts";
import { estimateSimilarity } from "./umeyama.ts";

const POINTS: readonly Point[] = [
  { x: 3, y: 1 },
  { x: 9, y: 2 },
  { x: 6, y: 5 },
  { x: 4, y: 8 },
  { x: 8, y: 9 },
];

function similarity(scale: number, angleRadians: number, x: number, y: number): AffineMatrix {
  const a = scale * Math.cos(angleRadians);
  const b = scale * Math.sin(angleRadians);
  return [a, -b, x, b, a, y];
}

function squaredError(matrix: AffineMatrix, source: readonly Point[], target: readonly Point[]): number {
  return source.reduce((sum, point, i) => {
    const { x, y } = transformPoint(matrix, point);
    return sum + (x - target[i]!.x) ** 2 + (y - target[i]!.y) ** 2;
  }, 0);
}

const shift = fc.double({ min: -500, max: 500, noNaN: true });
const angle = fc.double({ min: -Math.PI, max: Math.PI, noNaN: true });
const scale = fc.double({ min: 0.05, max: 20, noNaN: true });

describe("estimateSimilarity", () => {
  it("recovers any similarity exactly", () => {
    fc.assert(
      fc.property(scale, angle, shift, shift, (s, turn, x, y) => {
        const truth = similarity(s, turn, x, y);
        const target = POINTS.map((point) => transformPoint(truth, point));
        const estimate = estimateSimilarity(POINTS, target)!;
        for (const [i, value] of estimate.entries()) expect(value).toBeCloseTo(truth[i]!, 8);
      }),
    );
  });

  it("is no worse than any similarity nearby when the points do not fit", () => {
    const nudge = fc.double({ min: -0.2, max: 0.2, noNaN: true });
    const target = POINTS.map(({ x, y }, i) => ({ x: 2 * y + i, y: 30 - x * (i % 2) }));
    const best = estimateSimilarity(POINTS, target)!;
    fc.assert(
      fc.property(nudge, nudge, nudge, nudge, (da, db, dx, dy) => {
        const other: AffineMatrix = [
          best[0] + da,
          best[1] - db,
          best[2] + dx,
          best[3] + db,
          best[4] + da,
          best[5] + dy,
        ];
        expect(squaredError(other, POINTS, target)).toBeGreaterThanOrEqual(
          squaredError(best, POINTS, target) - 1e-9,
        );
      }),
    );
  });

  it("does not mirror, even where a mirror image would fit exactly", () => {
    const mirrored = POINTS.map(({ x, y }) => ({ x: -x, y }));
    const [a, b, , c, d] = estimateSimilarity(POINTS, mirrored)!;
    expect(a * d - b * c).toBeGreaterThan(0);
  });

  it("has no answer when the source points coincide", () => {
    expect(
      estimateSimilarity(
        POINTS.map(() => ({ x: 5, y: 5 })),
        POINTS,
      ),
    ).toBeUndefined();
  });

  it("refuses sets that cannot be paired", () => {
    expect(() => estimateSimilarity(POINTS, POINTS.slice(1))).toThrow(RangeError);
    expect(() => estimateSimilarity([], [])).toThrow(RangeError);
  });
});
