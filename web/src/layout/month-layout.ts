/**
 * Layout of one month of the timeline: days under headings. A day that fills rows gets its own; small days share a row,
 * each under its own heading, so that a life of two photos a day is not a column of lonely pictures.
 *
 * Cost: O(n); measuring alone makes no objects for photos, so that a million of them are measured in well under a second.
 * Contract: tiles come in the order of the photos; y grows with the index; {@link measureMonth} and {@link layoutMonth}
 * agree on the height to the last bit.
 */
import { type GridGeometry, justifyRows, rowHeight } from "./justify.ts";
import { type DayDating, type GridLayout, placeRow, type Tile, type TileLabel } from "./grid-layout.ts";
import { decodeShapes } from "./shapes.ts";

/** A day with the shapes of its photos, one character each. */
export interface DayOfShapes {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly shapes: string;
  /** How many of its photos are dated by their files. */
  readonly undated: number;
}

/** Height of a day's heading, CSS pixels; the style sheet uses the same. */
export const DAY_LABEL_HEIGHT = 32;

/** Height of a month's heading, CSS pixels; the style sheet uses the same. */
export const MONTH_HEADER_HEIGHT = 52;

/** Free space between days that share a row, and below each row of days. */
const DAY_GAP = 20;

/** Days that share a row are enlarged to fill it, but not beyond this. */
const MAX_STRETCH = 1.25;

/** A day with its place among the month's photos. */
interface Day extends DayOfShapes {
  readonly start: number;
  readonly aspectRatios: Float32Array;
  readonly aspectSum: number;
}

/** Where things go: photos `start` to `end` of a day side by side from `x`, `y`; gives back the x after the last. */
interface Sheet {
  row(day: Day, start: number, end: number, at: { x: number; y: number; height: number }): number;
  label(day: Day, x: number, y: number, width: number): void;
}

/** Tiles and day headings of one month; y starts below the month's heading. */
export function layoutMonth(days: readonly DayOfShapes[], geometry: GridGeometry): GridLayout {
  const tiles: Tile[] = [];
  const labels: TileLabel[] = [];
  const { gap } = geometry;
  const height = placeDays(days, geometry, {
    row: (day, start, end, at) => placeRow(tiles, day.aspectRatios, start, end, { ...at, gap }, day.start),
    label: (day, x, y, width) =>
      labels.push({
        day: day.day,
        dating: datingOf(day),
        x,
        y,
        width,
        start: day.start,
        count: day.shapes.length,
      }),
  });
  return { height, tiles, labels };
}

/** The height that {@link layoutMonth} gives, without the layout. */
export function measureMonth(days: readonly DayOfShapes[], geometry: GridGeometry): number {
  return placeDays(days, geometry, {
    // Nobody asks where a row ends: heights do not depend on it.
    row: () => 0,
    label: () => undefined,
  });
}

function placeDays(days: readonly DayOfShapes[], geometry: GridGeometry, sheet: Sheet): number {
  let y = 0;
  let start = 0;
  let shared: Day[] = [];

  const flushShared = () => {
    if (shared.length === 0) return;
    const height = sharedRowHeight(shared, geometry);
    let x = 0;
    for (const day of shared) {
      const at = { x, y: y + DAY_LABEL_HEIGHT, height };
      const end = sheet.row(day, 0, day.shapes.length, at);
      // Beside the last day there is room for a label that is longer than its photos.
      sheet.label(day, x, y, (day === shared.at(-1) ? geometry.width : end) - x);
      x = end + DAY_GAP;
    }
    y += DAY_LABEL_HEIGHT + height + DAY_GAP;
    shared = [];
  };

  for (const { day: date, shapes, undated } of days) {
    const day = toDay({ day: date, shapes, undated }, start);
    start += shapes.length;
    if (naturalWidth([day], geometry) > geometry.width) {
      flushShared();
      sheet.label(day, 0, y, geometry.width);
      y += DAY_LABEL_HEIGHT;
      for (const row of justifyRows(day.aspectRatios, geometry)) {
        sheet.row(day, row.start, row.end, { x: 0, y, height: row.height });
        y += row.height + geometry.gap;
      }
      y += DAY_GAP - geometry.gap;
    } else {
      if (naturalWidth([...shared, day], geometry) > geometry.width) flushShared();
      shared.push(day);
    }
  }
  flushShared();
  return y;
}

function toDay(day: DayOfShapes, start: number): Day {
  const aspectRatios = decodeShapes(day.shapes);
  let aspectSum = 0;
  for (const ratio of aspectRatios) aspectSum += ratio;
  return { ...day, start, aspectRatios, aspectSum };
}

function datingOf({ undated, shapes }: DayOfShapes): DayDating {
  return undated === 0 ? "taken" : undated === shapes.length ? "file" : "mixed";
}

function gapsOf(days: readonly Day[], gap: number): number {
  return (days.length - 1) * DAY_GAP + days.reduce((sum, day) => sum + (day.shapes.length - 1) * gap, 0);
}

function naturalWidth(days: readonly Day[], geometry: GridGeometry): number {
  const aspectSum = days.reduce((sum, day) => sum + day.aspectSum, 0);
  return aspectSum * geometry.targetHeight + gapsOf(days, geometry.gap);
}

function sharedRowHeight(days: readonly Day[], geometry: GridGeometry): number {
  const aspectSum = days.reduce((sum, day) => sum + day.aspectSum, 0);
  const filling = rowHeight(aspectSum, 1, geometry.width - gapsOf(days, geometry.gap), 0);
  return filling <= geometry.targetHeight * MAX_STRETCH ? filling : geometry.targetHeight;
}
