import { gridAspectRatio, type GridGeometry, justifyRows } from "./justify.ts";

/** Where photo `index` of its section lies, CSS pixels from the section's top inline-start corner. */
export interface Tile {
  readonly index: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where a day comes from: all its photos tell it, none does and it is that of their files, or some do. */
export type DayDating = "taken" | "file" | "mixed";

/** The heading of a day inside a section. */
export interface TileLabel {
  readonly day: string;
  readonly dating: DayDating;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  /** Its photos: the first one's index in the section, and how many. */
  readonly start: number;
  readonly count: number;
}

/** Tiles (sorted by y, then x) and labels of one section, and the height they take. */
export interface GridLayout {
  readonly height: number;
  readonly tiles: readonly Tile[];
  readonly labels: readonly TileLabel[];
}

/** What the layout needs to know of a photo. */
export interface LayoutPhoto {
  readonly width: number | null;
  readonly height: number | null;
}

/**
 * One block of justified rows without headings; `captionHeight` is left free under each row.
 */
export function layoutGrid(
  photos: readonly LayoutPhoto[],
  geometry: GridGeometry,
  captionHeight = 0,
): GridLayout {
  const aspectRatios = photos.map(gridAspectRatio);
  const tiles: Tile[] = [];
  let y = 0;
  for (const row of justifyRows(aspectRatios, geometry)) {
    placeRow(tiles, aspectRatios, row.start, row.end, { x: 0, y, height: row.height, gap: geometry.gap });
    y += row.height + captionHeight + geometry.gap;
  }
  return { height: Math.max(0, y - geometry.gap), tiles, labels: [] };
}

/** Appends the tiles of photos `start` to `end` side by side; gives back the x after the last one, without gap.
 * `indexOffset` is added to their indices. */
export function placeRow(
  tiles: Tile[],
  aspectRatios: ArrayLike<number>,
  start: number,
  end: number,
  at: { readonly x: number; readonly y: number; readonly height: number; readonly gap: number },
  indexOffset = 0,
): number {
  let { x } = at;
  for (let i = start; i < end; i++) {
    const width = aspectRatios[i]! * at.height;
    tiles.push({ index: indexOffset + i, x, y: at.y, width, height: at.height });
    x += width + at.gap;
  }
  return x - at.gap;
}
