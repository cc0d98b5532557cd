import { describe, expect, it, test } from "vitest";
import { orientNormalizedBox, regionOrientation } from "./face-region.ts";

/** In the stored image a box near its top left corner, wider than high. */
const STORED = { x: 0.1, y: 0.2, width: 0.3, height: 0.05 };

describe("orientNormalizedBox", () => {
  test.each([
    [1, { x: 0.1, y: 0.2, width: 0.3, height: 0.05 }],
    [2, { x: 0.6, y: 0.2, width: 0.3, height: 0.05 }],
    [3, { x: 0.6, y: 0.75, width: 0.3, height: 0.05 }],
    [4, { x: 0.1, y: 0.75, width: 0.3, height: 0.05 }],
    [5, { x: 0.2, y: 0.1, width: 0.05, height: 0.3 }],
    [6, { x: 0.75, y: 0.1, width: 0.05, height: 0.3 }],
    [7, { x: 0.75, y: 0.6, width: 0.05, height: 0.3 }],
    [8, { x: 0.2, y: 0.6, width: 0.05, height: 0.3 }],
  ])("turns a box by orientation %i", (orientation, expected) => {
    const box = orientNormalizedBox(STORED, orientation);
    for (const side of ["x", "y", "width", "height"] as const) expect(box[side]).toBeCloseTo(expected[side]);
  });
});

describe("regionOrientation", () => {
  const upright = { width: 3000, height: 4000 };

  it("turns regions that were marked on the stored image", () => {
    expect(regionOrientation(6, upright, { width: 4000, height: 3000 })).toBe(6);
    expect(regionOrientation(6, upright, undefined)).toBe(6);
  });

  it("leaves regions that were marked on the upright image, at whatever size", () => {
    expect(regionOrientation(6, upright, { width: 1500, height: 2000 })).toBe(1);
    expect(regionOrientation(8, upright, { width: 1501, height: 2000 })).toBe(1);
  });

  it("trusts EXIF where the shape tells nothing", () => {
    expect(regionOrientation(6, { width: 100, height: 100 }, { width: 100, height: 100 })).toBe(6);
    expect(regionOrientation(3, upright, upright)).toBe(3);
  });
});
