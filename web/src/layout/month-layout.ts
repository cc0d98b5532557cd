/**
 * Layout of one month of the timeline: days under headings. A day that fills rows gets its own; small days share a row,
 * each under its own heading, so that a life of two photos a day is not a column of lonely pictures.
 *
 * Cost: O(n). Contract: tiles come in the order of the photos; y grows with the index.
 */
import { gridAspectRatio, type GridGeometry, justifyRows, rowHeight } from "./justify.ts";
import {
  type DayDating,
  type GridLayout,
  type LayoutPhoto,
  placeRow,
  type Tile,
  type TileLabel,
} from "./grid-layout.ts";

/** A photo with its day, `YYYY-MM-DD`; where `takenAt` is null, that is the day of its file. */
export interface DatedPhoto extends LayoutPhoto {
  readonly day: string;
  readonly takenAt: string | null;
}

/** Height of a day's heading, CSS pixels; the style sheet uses the same. */
export const DAY_LABEL_HEIGHT = 32;

/** Height of a month's heading, CSS pixels; the style sheet uses the same. */
export const MONTH_HEADER_HEIGHT = 52;

/** Free space between days that share a row, and below each row of days. */
const DAY_GAP = 20;

/** Days that share a row are enlarged to fill it, but not beyond this. */
const MAX_STRETCH = 1.25;

interface Day {
  readonly day: string;
  readonly start: number;
  readonly end: number;
  readonly aspectSum: number;
  readonly dating: DayDating;
}

/** Tiles and day headings of one month; y starts below the month's heading. */
export function layoutMonth(photos: readonly DatedPhoto[], geometry: GridGeometry): GridLayout {
  const aspectRatios = photos.map(gridAspectRatio);
  const tiles: Tile[] = [];
  const labels: TileLabel[] = [];
  let y = 0;
  let shared: Day[] = [];

  const flushShared = () => {
    if (shared.length === 0) return;
    const height = sharedRowHeight(shared, geometry);
    let x = 0;
    for (const day of shared) {
      const at = { x, y: y + DAY_LABEL_HEIGHT, height, gap: geometry.gap };
      const end = placeRow(tiles, aspectRatios, day.start, day.end, at);
      labels.push({ day: day.day, dating: day.dating, x, y, width: end - x });
      x = end + DAY_GAP;
    }
    y += DAY_LABEL_HEIGHT + height + DAY_GAP;
    shared = [];
  };

  for (const day of daysOf(photos, aspectRatios)) {
    if (naturalWidth([day], geometry) > geometry.width) {
      flushShared();
      labels.push({ day: day.day, dating: day.dating, x: 0, y, width: geometry.width });
      y += DAY_LABEL_HEIGHT;
      for (const row of justifyRows(aspectRatios.slice(day.start, day.end), geometry)) {
        const at = { x: 0, y, height: row.height, gap: geometry.gap };
        placeRow(tiles, aspectRatios, day.start + row.start, day.start + row.end, at);
        y += row.height + geometry.gap;
      }
      y += DAY_GAP - geometry.gap;
    } else {
      if (naturalWidth([...shared, day], geometry) > geometry.width) flushShared();
      shared.push(day);
    }
  }
  flushShared();
  return { height: y, tiles, labels };
}

/**
 * Height to reserve for a month of `count` photos whose shapes are not known yet, its heading included.
 * `pixelsPerPhoto` is what the months seen so far took; undefined before the first.
 */
export function estimateMonthHeight(
  count: number,
  geometry: GridGeometry,
  pixelsPerPhoto: number | undefined,
): number {
  const { width, targetHeight, gap } = geometry;
  const perRow = Math.max(1, width / (targetHeight * 1.35 + gap));
  const perPhoto = pixelsPerPhoto ?? (targetHeight + gap + DAY_LABEL_HEIGHT / 2) / perRow;
  return MONTH_HEADER_HEIGHT + Math.max(targetHeight + DAY_LABEL_HEIGHT + DAY_GAP, count * perPhoto);
}

function daysOf(photos: readonly DatedPhoto[], aspectRatios: readonly number[]): Day[] {
  const days: Day[] = [];
  for (let i = 0; i < photos.length;) {
    const { day } = photos[i]!;
    let end = i;
    let aspectSum = 0;
    let undated = 0;
    for (; photos[end]?.day === day; end++) {
      aspectSum += aspectRatios[end]!;
      if (photos[end]!.takenAt === null) undated++;
    }
    const dating = undated === 0 ? "taken" : undated === end - i ? "file" : "mixed";
    days.push({ day, start: i, end, aspectSum, dating });
    i = end;
  }
  return days;
}

function gapsOf(days: readonly Day[], gap: number): number {
  return (days.length - 1) * DAY_GAP + days.reduce((sum, day) => sum + (day.end - day.start - 1) * gap, 0);
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
