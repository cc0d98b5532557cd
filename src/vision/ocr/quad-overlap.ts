/**
 * How much two convex quads overlap: one is clipped by the edges of the other (Sutherland and Hodgman 1974). O(1).
 */
import type { Point, Quad } from "../../core/geometry.ts";

function cornersOf([x1, y1, x2, y2, x3, y3, x4, y4]: Quad): Point[] {
  return [
    { x: x1, y: y1 },
    { x: x2, y: y2 },
    { x: x3, y: y3 },
    { x: x4, y: y4 },
  ];
}

/** Area of a polygon, square pixels (shoelace formula). */
function areaOf(polygon: readonly Point[]): number {
  let twice = 0;
  for (const [i, { x, y }] of polygon.entries()) {
    const next = polygon[(i + 1) % polygon.length]!;
    twice += x * next.y - next.x * y;
  }
  return Math.abs(twice) / 2;
}

/** The part of a polygon on the inner side of the edge from `a` to `b`, corners running clockwise on the screen. */
function clipByEdge(polygon: readonly Point[], a: Point, b: Point): Point[] {
  const sideOf = (p: Point): number => (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x);
  return polygon.flatMap((p, i) => {
    const q = polygon[(i + 1) % polygon.length]!;
    const [here, there] = [sideOf(p), sideOf(q)];
    const kept = here >= 0 ? [p] : [];
    if (here * there >= 0) return kept;
    const part = here / (here - there);
    return [...kept, { x: p.x + (q.x - p.x) * part, y: p.y + (q.y - p.y) * part }];
  });
}

/** The shared area in parts of the smaller quad's, 0–1. Corners run clockwise on the screen; 0 for a flat quad. */
export function overlapOfSmaller(a: Quad, b: Quad): number {
  const [first, second] = [cornersOf(a), cornersOf(b)];
  const smaller = Math.min(areaOf(first), areaOf(second));
  if (smaller === 0) return 0;
  let shared = first;
  for (const [i, corner] of second.entries()) shared = clipByEdge(shared, corner, second[(i + 1) % 4]!);
  return areaOf(shared) / smaller;
}
