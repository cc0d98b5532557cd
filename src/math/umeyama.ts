import type { Point } from "../core/geometry.ts";
import type { AffineMatrix } from "./affine.ts";

/**
 * Least-squares similarity between two point sets (Umeyama 1991, "Least-squares estimation of transformation parameters
 * between two point patterns", eq. 40–42), as `SimilarityTransform` of scikit-image estimates it.
 *
 * In the plane the singular value decomposition has a closed form: with centred points p and q, rotation and scale are
 * the complex number Σ q·p̄ / Σ |p|². Cost: O(n).
 */

/**
 * The rotation, uniform scale and shift (never a reflection) that brings `source` nearest to `target`, pairwise.
 * Undefined when the source points coincide. Throws a `RangeError` when the sets differ in length or are empty.
 */
export function estimateSimilarity(
  source: readonly Point[],
  target: readonly Point[],
): AffineMatrix | undefined {
  if (source.length !== target.length || source.length === 0) {
    throw new RangeError(`Point sets of ${source.length} and ${target.length} points cannot be paired.`);
  }
  const from = meanPoint(source);
  const to = meanPoint(target);
  let cosine = 0;
  let sine = 0;
  let variance = 0;
  for (let i = 0; i < source.length; i++) {
    const px = source[i]!.x - from.x;
    const py = source[i]!.y - from.y;
    const qx = target[i]!.x - to.x;
    const qy = target[i]!.y - to.y;
    cosine += px * qx + py * qy;
    sine += px * qy - py * qx;
    variance += px * px + py * py;
  }
  if (variance === 0) return undefined;
  const a = cosine / variance;
  const b = sine / variance;
  return [a, -b, to.x - a * from.x + b * from.y, b, a, to.y - b * from.x - a * from.y];
}

function meanPoint(points: readonly Point[]): Point {
  let x = 0;
  let y = 0;
  for (const point of points) {
    x += point.x;
    y += point.y;
  }
  return { x: x / points.length, y: y / points.length };
}
