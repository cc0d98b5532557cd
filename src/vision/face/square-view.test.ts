import { describe, expect, it } from "vitest";

import type { RasterImage } from "../../core/raster-image.ts";
import { viewSquare } from "./square-view.ts";

/** Red tells the column, green the row. */
function ramp(width: number, height: number): RasterImage {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return [10 + (pixel % width), 10 + Math.floor(pixel / width), 99][i % 3]!;
  });
  return { data, width, height };
}

describe("viewSquare", () => {
  it("shows the square round the middle of the box", () => {
    const { image, originX, originY, scale } = viewSquare(
      ramp(40, 30),
      { x: 10, y: 8, width: 4, height: 2 },
      8,
      8,
    );
    expect([originX, originY, scale]).toEqual([8, 5, 1]);
    expect([...image.data.subarray(0, 3)]).toEqual([18, 15, 99]);
    expect([...image.data.subarray(-3)]).toEqual([25, 22, 99]);
  });

  it("is black where it leaves the image", () => {
    const { image } = viewSquare(ramp(40, 30), { x: 0, y: 0, width: 2, height: 2 }, 6, 6);
    expect([...image.data.subarray(0, 3)]).toEqual([0, 0, 0]);
    expect([...image.data.subarray((2 * 6 + 2) * 3, (2 * 6 + 2) * 3 + 3)]).toEqual([10, 10, 99]);
    const outside = viewSquare(ramp(40, 30), { x: 100, y: 100, width: 2, height: 2 }, 6, 6);
    expect(outside.image.data.every((level) => level === 0)).toBe(true);
  });

  it("says how much it enlarges", () => {
    const view = viewSquare(ramp(40, 30), { x: 10, y: 10, width: 8, height: 8 }, 10, 40);
    expect(view.scale).toBe(4);
    expect(view.image.width).toBe(40);
  });
});
