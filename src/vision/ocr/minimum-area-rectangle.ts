/**
 * Convex hull (Andrew's monotone chain, 1979; O(n log n)) and the smallest rectangle at any angle around points
 * (Freeman and Shapira 1975: one side lies on an edge of the hull; O(h²) over the h hull points, h being a few dozen).
 *
 * - Points are pixel positions with y down; nothing is rounded.
 * - Fewer than three distinct points give a rectangle of zero height.
 */
import type { Point } from "../../core/geometry.ts";

/** Twice the signed area of the triangle a, b, c: positive when a→b→c turns right on the screen (y down). */
function cross(a: Point, b: Point, c: Point): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

function halfHull(points: readonly Point[]): Point[] {
  const chain: Point[] = [];
  for (const point of points) {
    while (chain.length > 1 && cross(chain.at(-2)!, chain.at(-1)!, point) <= 0) chain.pop();
    chain.push(point);
  }
  chain.pop();
  return chain;
}

/** The corners of the convex hull in order round it, without points on straight edges. */
export function convexHull(points: readonly Point[]): Point[] {
  if (points.length < 2) return [...points];
  const sorted = points.toSorted((a, b) => a.x - b.x || a.y - b.y);
  const hull = [...halfHull(sorted), ...halfHull(sorted.toReversed())];
  return hull.length > 0 ? hull : [sorted[0]!];
}

/** A rectangle at any angle: four corners and the lengths of its sides. */
export interface RotatedRectangle {
  /** Top-left, top-right, bottom-right, bottom-left: the two leftmost corners are the left side. */
  readonly corners: readonly [Point, Point, Point, Point];
  readonly shortSide: number;
  readonly longSide: number;
}

/**
 * Corners as text is read: of the two leftmost the upper one is top-left, of the two rightmost the upper one is
 * top-right.
 */
function orderCorners(corners: readonly Point[]): [Point, Point, Point, Point] {
  const [a, b, c, d] = corners.toSorted((p, q) => p.x - q.x) as [Point, Point, Point, Point];
  const [topLeft, bottomLeft] = a.y <= b.y ? [a, b] : [b, a];
  const [topRight, bottomRight] = c.y <= d.y ? [c, d] : [d, c];
  return [topLeft, topRight, bottomRight, bottomLeft];
}

/** The rectangle round `hull` that has one side along the direction (ux, uy), a unit vector. */
function rectangleAlong(hull: readonly Point[], ux: number, uy: number): RotatedRectangle {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { x, y } of hull) {
    const along = x * ux + y * uy;
    const across = y * ux - x * uy;
    left = Math.min(left, along);
    right = Math.max(right, along);
    top = Math.min(top, across);
    bottom = Math.max(bottom, across);
  }
  const corner = (along: number, across: number): Point => ({
    x: along * ux - across * uy,
    y: along * uy + across * ux,
  });
  const corners = [corner(left, top), corner(right, top), corner(right, bottom), corner(left, bottom)];
  return {
    corners: orderCorners(corners),
    shortSide: Math.min(right - left, bottom - top),
    longSide: Math.max(right - left, bottom - top),
  };
}

/** The rectangle of smallest area around `points`; undefined for no points. */
export function minimumAreaRectangle(points: readonly Point[]): RotatedRectangle | undefined {
  const hull = convexHull(points);
  if (hull.length === 0) return undefined;
  let best = rectangleAlong(hull, 1, 0);
  for (let i = 0; i < hull.length; i++) {
    const from = hull[i]!;
    const to = hull[(i + 1) % hull.length]!;
    const length = Math.hypot(to.x - from.x, to.y - from.y);
    if (length === 0) continue;
    const candidate = rectangleAlong(hull, (to.x - from.x) / length, (to.y - from.y) / length);
    if (candidate.shortSide * candidate.longSide < best.shortSide * best.longSide) best = candidate;
  }
  return best;
}
