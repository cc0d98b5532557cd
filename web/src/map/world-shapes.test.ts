import { describe, expect, it } from "vitest";
import { worldShapes } from "./world-shapes.ts";

const view = { width: 320, height: 150, scale: 420 };

describe("worldShapes.drawAround", () => {
  it("draws more land and borders around Rome than in the middle of the Pacific", () => {
    const rome = worldShapes.drawAround({ ...view, latitude: 41.9, longitude: 12.5 });
    const pacific = worldShapes.drawAround({ ...view, latitude: -40, longitude: -120 });
    expect(rome.borders.length).toBeGreaterThan(500);
    expect(rome.land.length).toBeGreaterThan(2000);
    expect(pacific.land.length).toBeLessThan(rome.land.length / 4);
    expect(pacific.borders.length).toBeLessThan(rome.borders.length / 4);
  });

  it("draws the poles and the date line as anywhere else", () => {
    for (const [latitude, longitude] of [
      [90, 0],
      [-90, 0],
      [0, 180],
      [65, -180],
    ] as const) {
      const { land, graticule } = worldShapes.drawAround({ ...view, latitude, longitude });
      expect(`${land}${graticule}`).not.toMatch(/NaN|Infinity/);
      expect(graticule.length).toBeGreaterThan(100);
    }
  });
});
