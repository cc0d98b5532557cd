import { describe, expect, it } from "vitest";
import { layoutCards, shownRange } from "./card-layout.ts";

const square = (pageWidth: number) => ({
  pageWidth,
  minWidth: 100,
  heightOf: (width: number) => width,
  gap: 10,
});

describe("layoutCards", () => {
  it("fills the width with as many columns as fit", () => {
    const layout = layoutCards(10, square(430));
    expect(layout.columns).toBe(4);
    expect(layout.width).toBe(100);
    expect([layout.xOf(3), layout.yOf(3)]).toEqual([330, 0]);
    expect([layout.xOf(4), layout.yOf(4)]).toEqual([0, 110]);
    expect(layout.total).toBe(3 * 100 + 2 * 10);
  });

  it("has one column where the page is narrower than a card, and no height without cards", () => {
    expect(layoutCards(3, square(60))).toMatchObject({ columns: 1, width: 60 });
    expect(layoutCards(0, square(430)).total).toBe(0);
  });
});

describe("shownRange", () => {
  const layout = layoutCards(1000, square(430));

  it("covers every card that is seen, and few others", () => {
    const { start, end } = shownRange(layout, 1100, 1650);
    expect(layout.yOf(start) + layout.height).toBeGreaterThan(1100);
    expect(layout.yOf(start - 1) + layout.height).toBeLessThanOrEqual(1100);
    expect(layout.yOf(end)).toBeGreaterThanOrEqual(1650);
    expect(end - start).toBeLessThanOrEqual(layout.columns * 7);
  });

  it("stays within the grid", () => {
    expect(shownRange(layout, -500, 50)).toEqual({ start: 0, end: 4 });
    expect(shownRange(layout, 1e6, 2e6)).toEqual({ start: 1000, end: 1000 });
  });
});
