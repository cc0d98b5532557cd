/**
 * From a text probability map to boxes: the post-processing of DB, "Real-time Scene Text Detection with Differentiable
 * Binarization" (Liao et al. 2020), as in PaddleOCR and RapidOCR (`DBPostProcess`). O(pixels of the map).
 *
 * - Threshold, connected regions, smallest rectangle at any angle, mean probability inside it, then the rectangle is
 *   grown by area · ratio / perimeter, because the model is trained on shrunken text.
 * - Regions are eight-connected components instead of contours: the same rectangles, and holes are no candidates.
 * - Corners are whole pixels of the destination, top-left first, clipped to it.
 */
import type { Point, Quad, Size } from "../../core/geometry.ts";
import { minimumAreaRectangle, type RotatedRectangle } from "./minimum-area-rectangle.ts";
import { findTextRegions, type ProbabilityMap, type TextRegion } from "./text-regions.ts";

/** Shorter side below which a region is noise, pixels of the map (reference: `min_size`). */
const MIN_REGION_SIDE = 3;
/** The same after growing (reference: `min_size + 2`). */
const MIN_GROWN_SIDE = 5;
/** Boxes that end up this small in the destination are dropped, pixels (reference: `filter_det_res`). */
const MIN_BOX_SIDE = 3;
/** Most regions looked at; a page of dense print has a few hundred (reference: `max_candidates`). */
const MAX_REGIONS = 1000;
/** What rotating a whole pixel there and back may lose. */
const ROUNDING_NOISE = 1e-4;
/** How far the polygon that stands for a round corner may stay inside the arc, pixels (Clipper's default). */
const ARC_TOLERANCE = 0.25;

/** How a map becomes boxes. */
export interface TextBoxOptions {
  /** Probability above which a pixel is text, 0–1. */
  readonly mapThreshold: number;
  /** Mean probability a box must reach, 0–1. */
  readonly boxThreshold: number;
  /** Growth: distance = area · ratio / perimeter. */
  readonly unclipRatio: number;
  /** Joins regions one pixel apart before they are looked for. */
  readonly dilate: boolean;
  /** Where the score is averaged: over the rectangle (`fast` in the reference) or the region itself (`slow`). */
  readonly scoreOver: "rectangle" | "region";
}

/** One box with text in it. */
export interface TextBox {
  /** Pixels of the destination. */
  readonly quad: Quad;
  /** Mean probability, 0–1. */
  readonly score: number;
}

/** The boxes of a map, scaled from its pixels to those of an image of size `destination`. */
export function findTextBoxes(map: ProbabilityMap, destination: Size, options: TextBoxOptions): TextBox[] {
  return findTextRegions(map, options)
    .slice(0, MAX_REGIONS)
    .flatMap((region) => boxOf(region, map, destination, options) ?? []);
}

function boxOf(
  region: TextRegion,
  map: ProbabilityMap,
  destination: Size,
  options: TextBoxOptions,
): TextBox | undefined {
  const rectangle = minimumAreaRectangle(region.outline);
  if (rectangle === undefined || rectangle.shortSide < MIN_REGION_SIDE) return undefined;
  const score =
    options.scoreOver === "region"
      ? region.meanProbability
      : meanInside(map, rectangle.corners.map(truncate));
  if (score < options.boxThreshold) return undefined;
  const grown = growRectangle(rectangle, options.unclipRatio);
  if (grown === undefined || grown.shortSide < MIN_GROWN_SIDE) return undefined;
  const quad = scaleToDestination(grown.corners, map, destination);
  return isTooSmall(quad) ? undefined : { quad, score };
}

/** Whole pixels towards zero, as the reference's integer geometry has it; 2.9999999 is taken for 3. */
function truncate({ x, y }: Point): Point {
  return { x: Math.trunc(x + ROUNDING_NOISE), y: Math.trunc(y + ROUNDING_NOISE) };
}

/** Mean of the map inside a convex polygon, its edges included; 0 when it lies outside the map. */
function meanInside(map: ProbabilityMap, corners: readonly Point[]): number {
  const ys = corners.map(({ y }) => y);
  let [sum, count] = [0, 0];
  const lastRow = Math.min(Math.max(...ys), map.height - 1);
  for (let y = Math.max(Math.min(...ys), 0); y <= lastRow; y++) {
    const span = rowSpan(corners, y);
    const last = Math.min(span.last, map.width - 1);
    for (let x = Math.max(span.first, 0); x <= last; x++) {
      sum += map.data[y * map.width + x]!;
      count++;
    }
  }
  return count === 0 ? 0 : sum / count;
}

/** The pixels of row `y` inside a convex polygon, its edges drawn one pixel wide included. */
function rowSpan(corners: readonly Point[], y: number): { first: number; last: number } {
  let [first, last] = [Infinity, -Infinity];
  for (let i = 0; i < corners.length; i++) {
    const edge = edgeSpan(corners[i]!, corners[(i + 1) % corners.length]!, y);
    first = Math.min(first, edge.first);
    last = Math.max(last, edge.last);
  }
  return { first, last };
}

/** The pixels of row `y` on the line from `a` to `b`: one a row when it is steep, one a column when it is flat. */
function edgeSpan(a: Point, b: Point, y: number): { first: number; last: number } {
  const [left, right] = a.x <= b.x ? [a, b] : [b, a];
  if (a.y === b.y) return a.y === y ? { first: left.x, last: right.x } : { first: Infinity, last: -Infinity };
  const slope = (right.x - left.x) / (right.y - left.y);
  const isFlat = Math.abs(slope) >= 1;
  const reach = isFlat ? 0.5 : 0;
  const from = Math.max(Math.min(a.y, b.y), y - reach);
  const to = Math.min(Math.max(a.y, b.y), y + reach);
  if (from > to) return { first: Infinity, last: -Infinity };
  const ends = [left.x + (from - left.y) * slope, left.x + (to - left.y) * slope];
  const [first, last] = [Math.min(...ends), Math.max(...ends)];
  return isFlat
    ? { first: Math.ceil(first), last: Math.floor(last) }
    : { first: Math.round(first), last: Math.round(last) };
}

/** The smallest rectangle round `rectangle` grown on all sides with round corners, on whole pixels. */
export function growRectangle(
  { corners, shortSide, longSide }: RotatedRectangle,
  unclipRatio: number,
): RotatedRectangle | undefined {
  const distance = (shortSide * longSide * unclipRatio) / (2 * (shortSide + longSide));
  const polygon = corners.map(truncate);
  const normals = polygon.map((corner, i) => {
    const next = polygon[(i + 1) % polygon.length]!;
    return Math.atan2(corner.x - next.x, next.y - corner.y);
  });
  const points = polygon.flatMap((corner, i) =>
    roundCorner(corner, distance, normals.at(i - 1)!, normals[i]!),
  );
  return minimumAreaRectangle(points);
}

/** Points on the arc round a convex corner between the outward directions of its two edges, radians. */
function roundCorner(corner: Point, distance: number, from: number, to: number): Point[] {
  const turn = (to - from + 2 * Math.PI) % (2 * Math.PI);
  const step = 2 * Math.acos(Math.max(0, 1 - ARC_TOLERANCE / distance));
  const directions = [to];
  for (let i = 0; i < Math.round(turn / step); i++) directions.push(from + i * step);
  return directions.map((direction) => ({
    x: Math.round(corner.x + distance * Math.cos(direction)),
    y: Math.round(corner.y + distance * Math.sin(direction)),
  }));
}

function scaleToDestination(corners: readonly Point[], map: ProbabilityMap, destination: Size): Quad {
  const clip = (value: number, size: number): number => Math.min(Math.max(Math.round(value), 0), size - 1);
  return corners.flatMap(({ x, y }) => [
    clip((x / map.width) * destination.width, destination.width),
    clip((y / map.height) * destination.height, destination.height),
  ]) as unknown as Quad;
}

function isTooSmall([x1, y1, x2, y2, , , x4, y4]: Quad): boolean {
  return Math.hypot(x2 - x1, y2 - y1) <= MIN_BOX_SIDE || Math.hypot(x4 - x1, y4 - y1) <= MIN_BOX_SIDE;
}
