import type { Quad, Size } from "../core/geometry.ts";

/**
 * The projective mapping of a rectangle onto a quadrilateral in closed form (Heckbert 1989, "Fundamentals of texture
 * mapping and image warping", section 2.2.3). Cost: constant.
 */

/** A 3×3 matrix by rows: x′ = (h0·x + h1·y + h2) / w, y′ = (h3·x + h4·y + h5) / w, w = h6·x + h7·y + 1. */
export type Homography = readonly [number, number, number, number, number, number, number, number, 1];

/**
 * The mapping that takes the corners (0, 0), (width, 0), (width, height), (0, height) to those of `quad`, in this order.
 * Undefined when three corners of the quad lie on one line.
 */
export function rectangleToQuad({ width, height }: Size, quad: Quad): Homography | undefined {
  const [x0, y0, x1, y1, x2, y2, x3, y3] = quad;
  const dx1 = x1 - x2;
  const dy1 = y1 - y2;
  const dx2 = x3 - x2;
  const dy2 = y3 - y2;
  const sumX = x0 - x1 + x2 - x3;
  const sumY = y0 - y1 + y2 - y3;
  const determinant = dx1 * dy2 - dx2 * dy1;
  const g = (sumX * dy2 - dx2 * sumY) / determinant;
  const h = (dx1 * sumY - sumX * dy1) / determinant;
  const mapping: Homography = [
    (x1 - x0 + g * x1) / width,
    (x3 - x0 + h * x3) / height,
    x0,
    (y1 - y0 + g * y1) / width,
    (y3 - y0 + h * y3) / height,
    y0,
    g / width,
    h / height,
    1,
  ];
  const scale = determinantOf(mapping);
  return scale === 0 || !Number.isFinite(scale) ? undefined : mapping;
}

function determinantOf([a, b, c, d, e, f, g, h, i]: Homography): number {
  return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
}
