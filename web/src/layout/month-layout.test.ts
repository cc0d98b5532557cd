import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAY_LABEL_HEIGHT, layoutMonth, measureMonth } from "./month-layout.ts";

const geometry = { width: 1200, targetHeight: 200, gap: 4 };

/** A day of photos of 3:2. */
function dayOf(day: string, count: number, undated = 0) {
  return { day, shapes: "[".repeat(count), undated };
}

describe("layoutMonth", () => {
  it("takes no room for no photos", () => {
    expect(layoutMonth([], geometry)).toEqual({ height: 0, tiles: [], labels: [] });
  });

  it("lets small days share a row, each under its own heading", () => {
    const { tiles, labels } = layoutMonth([dayOf("2025-06-14", 1), dayOf("2025-06-12", 2)], geometry);
    expect(labels.map((label) => label.day)).toEqual(["2025-06-14", "2025-06-12"]);
    expect(new Set(tiles.map((tile) => tile.y))).toEqual(new Set([DAY_LABEL_HEIGHT]));
    expect(labels[1]!.x).toBe(tiles[1]!.x);
  });

  it("leaves the last label of a row the room beside its photos", () => {
    const { tiles, labels } = layoutMonth([dayOf("2025-06-14", 1), dayOf("2025-06-12", 1)], geometry);
    expect(labels[0]!.width).toBe(tiles[0]!.width);
    expect(labels[1]!.x + labels[1]!.width).toBe(geometry.width);
  });

  it("begins a new row with a day that no longer fits", () => {
    const { labels } = layoutMonth([dayOf("2025-06-14", 2), dayOf("2025-06-12", 3)], geometry);
    expect(labels.map((label) => label.x)).toEqual([0, 0]);
    expect(labels[1]!.y).toBeGreaterThan(labels[0]!.y);
  });

  it("gives a large day rows of its own, as wide as the page", () => {
    const { tiles, labels } = layoutMonth([dayOf("2025-06-14", 11)], geometry);
    expect(labels).toEqual([
      { day: "2025-06-14", dating: "taken", x: 0, y: 0, width: 1200, start: 0, count: 11 },
    ]);
    const firstRow = tiles.filter((tile) => tile.y === tiles[0]!.y);
    const last = firstRow.at(-1)!;
    expect(last.x + last.width).toBeCloseTo(1200, 6);
  });

  it("keeps the photos' order from top to bottom and draws none over another", () => {
    const days = ["2025-06-30", "2025-06-20", "2025-06-11", "2025-06-02"];
    const { tiles, height } = layoutMonth(
      days.map((day, index) => dayOf(day, 1 + index * 4)),
      geometry,
    );
    expect(tiles.map((tile) => tile.index)).toEqual(Array.from({ length: 1 + 5 + 9 + 13 }, (_, i) => i));
    for (let i = 1; i < tiles.length; i++) {
      const [before, tile] = [tiles[i - 1]!, tiles[i]!];
      const isRight = tile.y === before.y && tile.x >= before.x + before.width;
      expect(isRight || tile.y >= before.y + before.height).toBe(true);
    }
    expect(height).toBeGreaterThanOrEqual(tiles.at(-1)!.y + tiles.at(-1)!.height);
  });

  it("says which days are those of files", () => {
    const days = [dayOf("2025-06-14", 1), dayOf("2025-06-12", 1, 1), dayOf("2025-06-10", 2, 1)];
    expect(layoutMonth(days, geometry).labels.map(({ day, dating }) => [day, dating])).toEqual([
      ["2025-06-14", "taken"],
      ["2025-06-12", "file"],
      ["2025-06-10", "mixed"],
    ]);
  });
});

describe("measureMonth", () => {
  it("is the height of the layout, for any days", () => {
    const shape = fc.string({
      unit: fc.constantFrom("#", "7", "F", "U", "[", "d", "r"),
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(
        fc.array(shape, { maxLength: 12 }),
        fc.integer({ min: 300, max: 2000 }),
        (shapes, width) => {
          const days = shapes.map((day, i) => ({ day: `2025-06-${30 - i}`, shapes: day, undated: 0 }));
          const geometryOf = { ...geometry, width };
          expect(measureMonth(days, geometryOf)).toBe(layoutMonth(days, geometryOf).height);
        },
      ),
    );
  });
});
