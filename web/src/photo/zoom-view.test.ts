import { describe, expect, it } from "vitest";
import { clampView, FITTED, fitSize, zoomAround } from "./zoom-view.ts";

describe("fitSize", () => {
  it("fills the stage in one direction", () => {
    expect(fitSize({ width: 4000, height: 2000 }, { width: 1000, height: 900 })).toEqual({
      width: 1000,
      height: 500,
    });
    expect(fitSize({ width: 2000, height: 4000 }, { width: 1000, height: 900 })).toEqual({
      width: 450,
      height: 900,
    });
  });

  it("does not blow up a tiny picture", () => {
    expect(fitSize({ width: 32, height: 32 }, { width: 1000, height: 900 })).toEqual({
      width: 64,
      height: 64,
    });
  });
});

describe("zoomAround", () => {
  it("keeps the point under the pointer where it is", () => {
    const point = { x: 100, y: -40 };
    const before = { scale: 1.5, x: 20, y: 10 };
    const after = zoomAround(before, 2, point, 10);
    const inPhoto = (view: typeof before) => [
      (point.x - view.x) / view.scale,
      (point.y - view.y) / view.scale,
    ];
    expect(after.scale).toBe(3);
    expect(inPhoto(after)[0]).toBeCloseTo(inPhoto(before)[0]!, 10);
    expect(inPhoto(after)[1]).toBeCloseTo(inPhoto(before)[1]!, 10);
  });

  it("ends at the whole photo and at the largest scale", () => {
    expect(zoomAround(FITTED, 0.1, { x: 50, y: 50 }, 8)).toEqual(FITTED);
    expect(zoomAround(FITTED, 100, { x: 0, y: 0 }, 8).scale).toBe(8);
  });
});

describe("clampView", () => {
  const fitted = { width: 1000, height: 500 };
  const stage = { width: 1000, height: 900 };

  it("keeps a photo smaller than the stage in the middle", () => {
    expect(clampView({ scale: 1, x: 300, y: -200 }, fitted, stage)).toEqual(FITTED);
  });

  it("lets a larger one be moved to its edges and no further", () => {
    expect(clampView({ scale: 2, x: 900, y: -900 }, fitted, stage)).toEqual({ scale: 2, x: 500, y: -50 });
  });
});
