import { describe, expect, it } from "vitest";
import { layoutGrid } from "./grid-layout.ts";
import { lowerBound, verticalNeighbour, visibleTiles } from "./visible-tiles.ts";

const photos = Array.from({ length: 400 }, (_, index) => ({ width: 300 + (index % 5) * 100, height: 300 }));
const { tiles, height } = layoutGrid(photos, { width: 1000, targetHeight: 150, gap: 4 });

describe("visibleTiles", () => {
  it("finds the same tiles as looking at each", () => {
    for (let top = -200; top < height + 200; top += 137) {
      const seen = tiles.filter((tile) => tile.y < top + 500 && tile.y + tile.height >= top);
      expect(visibleTiles(tiles, top, top + 500, 400)).toEqual(seen);
    }
  });

  it("finds none in an empty grid", () => {
    expect(visibleTiles([], 0, 1000, 400)).toEqual([]);
  });
});

describe("lowerBound", () => {
  it("is the number of tiles above, at either end too", () => {
    expect(lowerBound(tiles, -1)).toBe(0);
    expect(lowerBound(tiles, Infinity)).toBe(tiles.length);
    expect(tiles[lowerBound(tiles, 1000)]!.y).toBeGreaterThanOrEqual(1000);
  });
});

describe("verticalNeighbour", () => {
  it("goes one row down to what lies under the middle, and back up", () => {
    const below = verticalNeighbour(tiles, 1, 1)!;
    const middle = tiles[1]!.x + tiles[1]!.width / 2;
    const row = tiles.filter((tile) => tile.y === below.y);
    expect(below.y).toBe(tiles.find((tile) => tile.y > 0)!.y);
    for (const tile of row) {
      const distance = Math.abs(tile.x + tile.width / 2 - middle);
      expect(Math.abs(below.x + below.width / 2 - middle)).toBeLessThanOrEqual(distance);
    }
    expect(verticalNeighbour(tiles, below.index, -1)!.y).toBe(0);
  });

  it("ends at the edges", () => {
    expect(verticalNeighbour(tiles, 0, -1)).toBeUndefined();
    expect(verticalNeighbour(tiles, tiles.length - 1, 1)).toBeUndefined();
    expect(verticalNeighbour(tiles, 100_000, 1)).toBeUndefined();
  });
});
