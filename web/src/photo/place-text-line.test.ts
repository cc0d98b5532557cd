import { describe, expect, it } from "vitest";
import { placeTextLine } from "./place-text-line.ts";

describe("placeTextLine", () => {
  it("places a level line at its first corner", () => {
    const place = placeTextLine([0.1, 0.2, 0.6, 0.2, 0.6, 0.3, 0.1, 0.3], "EXIT", {
      width: 1000,
      height: 500,
    });
    expect(place).toMatchObject({ x: 100, y: 100, angleRadians: 0 });
    expect(place.width).toBeCloseTo(500, 10);
    expect(place.height).toBeCloseTo(50, 10);
    expect(place.fontSize).toBeLessThan(place.height);
  });

  it("turns a line that runs downwards", () => {
    const place = placeTextLine([0.5, 0.1, 0.5, 0.9, 0.4, 0.9, 0.4, 0.1], "EXIT", {
      width: 100,
      height: 100,
    });
    expect(place.angleRadians).toBeCloseTo(Math.PI / 2, 10);
    expect(place.width).toBeCloseTo(80, 10);
    expect(place.height).toBeCloseTo(10, 10);
  });

  it("turns a line that stands on its head", () => {
    const place = placeTextLine([0.9, 0.9, 0.1, 0.9, 0.1, 0.8, 0.9, 0.8], "EXIT", {
      width: 100,
      height: 100,
    });
    expect(Math.abs(place.angleRadians)).toBeCloseTo(Math.PI, 10);
  });

  it("takes a tall line for a column of characters, a tall character for a character", () => {
    const quad = [0.1, 0.1, 0.2, 0.1, 0.2, 0.9, 0.1, 0.9];
    const column = placeTextLine(quad, "有許是是", { width: 100, height: 100 });
    expect(column).toMatchObject({ isVertical: true, fontSize: 8.2 });
    expect(placeTextLine(quad, "I", { width: 100, height: 100 }).isVertical).toBe(false);
  });
});
