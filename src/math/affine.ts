import type { Point } from "../core/geometry.ts";

/** A 2×3 matrix by rows: x′ = m[0]·x + m[1]·y + m[2], y′ = m[3]·x + m[4]·y + m[5]. */
export type AffineMatrix = readonly [number, number, number, number, number, number];

/** The point after the mapping. */
export function transformPoint(matrix: AffineMatrix, { x, y }: Point): Point {
  return {
    x: matrix[0] * x + matrix[1] * y + matrix[2],
    y: matrix[3] * x + matrix[4] * y + matrix[5],
  };
}

/** The mapping back; undefined where the matrix flattens the plane and nothing leads back. */
export function invertAffine([a, b, c, d, e, f]: AffineMatrix): AffineMatrix | undefined {
  const determinant = a * e - b * d;
  if (determinant === 0 || !Number.isFinite(determinant)) return undefined;
  return [
    e / determinant,
    -b / determinant,
    (b * f - c * e) / determinant,
    -d / determinant,
    a / determinant,
    (c * d - a * f) / determinant,
  ];
}
