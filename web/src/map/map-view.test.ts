import { describe, expect, it } from "vitest";
import { boundsOf, type MapView, pan, toPixel, toPlace, viewOf, worldWidth, zoomAt } from "./map-view.ts";

const SIZE = { width: 800, height: 600 };
const ROME: MapView = { longitude: 12.5, latitude: 41.9, zoom: 5 };

describe("places and pixels", () => {
  it("puts the centre into the middle", () => {
    expect(toPixel(ROME, ROME, SIZE)).toEqual({ x: 400, y: 300 });
  });

  it.each([
    { x: 10, y: 20 },
    { x: 790, y: 590 },
    { x: 123, y: 456 },
  ])("come back to the same point $x, $y", (point) => {
    const back = toPixel(toPlace(point, ROME, SIZE), ROME, SIZE);
    expect(back.x).toBeCloseTo(point.x, 6);
    expect(back.y).toBeCloseTo(point.y, 6);
  });

  it("puts a place beyond the date line beside the centre, not on the other side of the world", () => {
    const fiji: MapView = { longitude: 179, latitude: -17, zoom: 5 };
    const { x } = toPixel({ longitude: -179, latitude: -17 }, fiji, SIZE);
    expect(x - 400).toBeCloseTo((2 / 360) * worldWidth(5), 6);
  });
});

describe("moving", () => {
  it("brings what was under the finger with it", () => {
    const before = toPlace({ x: 100, y: 100 }, ROME, SIZE);
    const after = toPixel(before, pan(ROME, 50, -30), SIZE);
    expect(after.x).toBeCloseTo(150, 6);
    expect(after.y).toBeCloseTo(70, 6);
  });

  it("keeps the place under the pointer while zooming, and ends at its limits", () => {
    const point = { x: 200, y: 500 };
    const before = toPlace(point, ROME, SIZE);
    const nearer = zoomAt(ROME, SIZE, point, 2);
    expect(nearer.zoom).toBe(7);
    const after = toPixel(before, nearer, SIZE);
    expect(after.x).toBeCloseTo(200, 6);
    expect(after.y).toBeCloseTo(500, 6);
    expect(zoomAt(ROME, SIZE, point, 99).zoom).toBe(16);
    expect(zoomAt(ROME, SIZE, point, -99).zoom).toBe(0);
  });
});

describe("what is in sight", () => {
  it("is the whole world from far away, and a part of it near by", () => {
    expect(boundsOf({ ...ROME, zoom: 1 }, SIZE)).toMatchObject({ west: -180, east: 180 });
    const { west, east, south, north } = boundsOf(ROME, SIZE);
    expect(west).toBeLessThan(12.5);
    expect(east).toBeGreaterThan(12.5);
    expect(south).toBeLessThan(41.9);
    expect(north).toBeGreaterThan(41.9);
  });

  it("reaches over the date line with its west greater than its east", () => {
    const { west, east } = boundsOf({ longitude: 179, latitude: 0, zoom: 5 }, SIZE);
    expect(west).toBeGreaterThan(east);
  });

  it("holds all places of a view made for them", () => {
    const places = [
      { longitude: -74, latitude: 40.7 },
      { longitude: 12.5, latitude: 41.9 },
      { longitude: 18.4, latitude: -33.9 },
    ];
    const view = viewOf(places, SIZE);
    for (const place of places) {
      const { x, y } = toPixel(place, view, SIZE);
      expect(x).toBeGreaterThan(0);
      expect(x).toBeLessThan(800);
      expect(y).toBeGreaterThan(0);
      expect(y).toBeLessThan(600);
    }
    expect(viewOf(places.slice(0, 1), SIZE).zoom).toBe(6);
    expect(viewOf([], SIZE).zoom).toBe(1);
  });
});
