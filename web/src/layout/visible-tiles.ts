import type { Tile } from "./grid-layout.ts";

/**
 * The tiles that touch the band from `top` to `bottom` (the layout's own coordinates). Binary search: tiles are sorted
 * by y and no row is taller than `tallest`.
 */
export function visibleTiles(
  tiles: readonly Tile[],
  top: number,
  bottom: number,
  tallest: number,
): readonly Tile[] {
  const first = lowerBound(tiles, top - tallest);
  const last = lowerBound(tiles, bottom);
  return tiles.slice(first, last).filter((tile) => tile.y + tile.height >= top);
}

/** Index of the first tile whose y is at least `y`. */
export function lowerBound(tiles: readonly Tile[], y: number): number {
  let low = 0;
  let high = tiles.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (tiles[middle]!.y < y) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The tile one row above (`direction` −1) or below (1) of tile `index`, nearest to its middle; undefined at the edge.
 */
export function verticalNeighbour(
  tiles: readonly Tile[],
  index: number,
  direction: -1 | 1,
): Tile | undefined {
  const from = tiles[index];
  if (!from) return undefined;
  let i = index;
  while (tiles[i]?.y === from.y) i += direction;
  const rowY = tiles[i]?.y;
  if (rowY === undefined) return undefined;
  const middle = from.x + from.width / 2;
  let best = tiles[i]!;
  for (; tiles[i]?.y === rowY; i += direction) {
    const tile = tiles[i]!;
    if (distanceTo(tile, middle) < distanceTo(best, middle)) best = tile;
  }
  return best;
}

function distanceTo(tile: Tile, x: number): number {
  return Math.abs(tile.x + tile.width / 2 - x);
}
