import { describe, expect, it } from "vitest";
import { DAY_LABEL_HEIGHT, estimateMonthHeight, layoutMonth, MONTH_HEADER_HEIGHT } from "./month-layout.ts";

const geometry = { width: 1200, targetHeight: 200, gap: 4 };

function photosOf(day: string, count: number, isDated = true) {
  const takenAt = isDated ? `${day}T12:00:00` : null;
  return Array.from({ length: count }, () => ({ day, takenAt, width: 3000, height: 2000 }));
}

describe("layoutMonth", () => {
  it("takes no room for no photos", () => {
    expect(layoutMonth([], geometry)).toEqual({ height: 0, tiles: [], labels: [] });
  });

  it("lets small days share a row, each under its own heading", () => {
    const { tiles, labels } = layoutMonth(
      [...photosOf("2025-06-14", 1), ...photosOf("2025-06-12", 2)],
      geometry,
    );
    expect(labels.map((label) => label.day)).toEqual(["2025-06-14", "2025-06-12"]);
    expect(new Set(tiles.map((tile) => tile.y))).toEqual(new Set([DAY_LABEL_HEIGHT]));
    expect(labels[1]!.x).toBe(tiles[1]!.x);
  });

  it("begins a new row with a day that no longer fits", () => {
    const { labels } = layoutMonth([...photosOf("2025-06-14", 2), ...photosOf("2025-06-12", 3)], geometry);
    expect(labels.map((label) => label.x)).toEqual([0, 0]);
    expect(labels[1]!.y).toBeGreaterThan(labels[0]!.y);
  });

  it("gives a large day rows of its own, as wide as the page", () => {
    const { tiles, labels } = layoutMonth(photosOf("2025-06-14", 11), geometry);
    expect(labels).toEqual([{ day: "2025-06-14", dating: "taken", x: 0, y: 0, width: 1200 }]);
    const firstRow = tiles.filter((tile) => tile.y === tiles[0]!.y);
    const last = firstRow.at(-1)!;
    expect(last.x + last.width).toBeCloseTo(1200, 6);
  });

  it("keeps the photos' order from top to bottom and draws none over another", () => {
    const days = ["2025-06-30", "2025-06-20", "2025-06-11", "2025-06-02"];
    const photos = days.flatMap((day, index) => photosOf(day, 1 + index * 4));
    const { tiles, height } = layoutMonth(photos, geometry);
    expect(tiles.map((tile) => tile.index)).toEqual(photos.map((_, index) => index));
    for (let i = 1; i < tiles.length; i++) {
      const [before, tile] = [tiles[i - 1]!, tiles[i]!];
      const isRight = tile.y === before.y && tile.x >= before.x + before.width;
      expect(isRight || tile.y >= before.y + before.height).toBe(true);
    }
    expect(height).toBeGreaterThanOrEqual(tiles.at(-1)!.y + tiles.at(-1)!.height);
  });

  it("says which days are those of files", () => {
    const photos = [
      ...photosOf("2025-06-14", 1),
      ...photosOf("2025-06-12", 1, false),
      ...photosOf("2025-06-10", 1),
      ...photosOf("2025-06-10", 1, false),
    ];
    expect(layoutMonth(photos, geometry).labels.map(({ day, dating }) => [day, dating])).toEqual([
      ["2025-06-14", "taken"],
      ["2025-06-12", "file"],
      ["2025-06-10", "mixed"],
    ]);
  });
});

describe("estimateMonthHeight", () => {
  it("is near the real height for ordinary photos", () => {
    const photos = Array.from({ length: 300 }, (_, index) => ({
      ...photosOf(`2025-06-${String(30 - Math.floor(index / 15)).padStart(2, "0")}`, 1)[0]!,
      width: index % 4 === 0 ? 2000 : 3000,
      height: index % 4 === 0 ? 3000 : 2000,
    }));
    const real = layoutMonth(photos, geometry).height + MONTH_HEADER_HEIGHT;
    const estimated = estimateMonthHeight(300, geometry, undefined);
    expect(Math.abs(estimated - real) / real).toBeLessThan(0.3);
  });

  it("follows what months seen before took", () => {
    expect(estimateMonthHeight(100, geometry, 50)).toBe(MONTH_HEADER_HEIGHT + 5000);
  });

  it("leaves room for at least one row", () => {
    expect(estimateMonthHeight(1, geometry, 10)).toBeGreaterThan(geometry.targetHeight);
  });
});
