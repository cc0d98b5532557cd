/**
 * Justified rows: photos keep their order and shape and fill rows of equal width and nearly equal height, as in printed
 * contact sheets. Greedy: a row ends where its height is nearest to the target,
 * as a ratio: half as high is as wrong as twice as high.
 *
 * Cost: O(n). Contract:
 * - every photo is in exactly one row, in order;
 * - a full row is exactly `width` wide; the last row may be short (`isFull` false) and then has the target height;
 * - all lengths are CSS pixels.
 */

/** The measures of a grid, CSS pixels. */
export interface GridGeometry {
  readonly width: number;
  readonly targetHeight: number;
  readonly gap: number;
}

/** Photos `start` (inclusive) to `end` (exclusive), side by side. */
export interface JustifiedRow {
  readonly start: number;
  readonly end: number;
  readonly height: number;
  readonly isFull: boolean;
}

/**
 * Panoramas and receipts are cropped to these shapes in grids, or they would fill or starve a row: with them a row of a
 * phone (3.4 times as wide as the target height) stays between 0.70 and 1.42 of that height, one of a desktop between
 * 0.82 and 1.22. Photos of phones (9:16) and of films (16:9) are whole.
 */
const MIN_ASPECT_RATIO = 0.5;
const MAX_ASPECT_RATIO = 2.4;

/** Beyond this many times those shapes a photo would lose most of itself: it is shown whole, with room around it. */
const WHOLE_FROM = 1.2;

/** Shape assumed while the size of a photo is not known. */
const UNKNOWN_ASPECT_RATIO = 4 / 3;

/** A last row filled at least so far is stretched to the full width. */
const STRETCH_LAST_ROW_FROM = 0.85;

/** Width divided by height as the grid shows it; 4:3 where the size is not known yet. */
export function gridAspectRatio(photo: {
  readonly width: number | null;
  readonly height: number | null;
}): number {
  if (!photo.width || !photo.height) return UNKNOWN_ASPECT_RATIO;
  return Math.min(MAX_ASPECT_RATIO, Math.max(MIN_ASPECT_RATIO, photo.width / photo.height));
}

/** True for strips that would lose most of themselves if they filled their place in the grid. */
export function isShownWhole(photo: {
  readonly width: number | null;
  readonly height: number | null;
}): boolean {
  if (!photo.width || !photo.height) return false;
  const aspectRatio = photo.width / photo.height;
  return aspectRatio > MAX_ASPECT_RATIO * WHOLE_FROM || aspectRatio < MIN_ASPECT_RATIO / WHOLE_FROM;
}

/** The rows that hold photos of the given shapes. */
export function justifyRows(aspectRatios: ArrayLike<number>, geometry: GridGeometry): JustifiedRow[] {
  const { width, targetHeight, gap } = geometry;
  const rows: JustifiedRow[] = [];
  let start = 0;
  let sum = 0;
  for (let i = 0; i < aspectRatios.length; i++) {
    const count = i - start;
    const withIt = rowHeight(sum + aspectRatios[i]!, count + 1, width, gap);
    if (withIt > targetHeight) {
      sum += aspectRatios[i]!;
      continue;
    }
    const withoutIt = count === 0 ? Infinity : rowHeight(sum, count, width, gap);
    const endsBefore = withoutIt / targetHeight < targetHeight / withIt;
    const end = endsBefore ? i : i + 1;
    rows.push({ start, end, height: endsBefore ? withoutIt : withIt, isFull: true });
    start = end;
    sum = endsBefore ? aspectRatios[i]! : 0;
  }
  if (start < aspectRatios.length) rows.push(lastRow(start, aspectRatios.length, sum, geometry));
  return rows;
}

/** Height at which photos whose aspect ratios add up to `sum` are exactly `width` wide together. */
export function rowHeight(sum: number, count: number, width: number, gap: number): number {
  return (width - gap * (count - 1)) / sum;
}

function lastRow(start: number, end: number, sum: number, geometry: GridGeometry): JustifiedRow {
  const { width, targetHeight, gap } = geometry;
  const filled = (sum * targetHeight + gap * (end - start - 1)) / width;
  const isFull = filled >= STRETCH_LAST_ROW_FROM;
  return { start, end, height: isFull ? rowHeight(sum, end - start, width, gap) : targetHeight, isFull };
}
