import { describe, expect, it } from "vitest";
import type { Box } from "../../core/geometry.ts";
import { findBusiestPart } from "./busiest-part.ts";

/** An even picture with upright stripes of one pixel, black and white, in a part of it. */
function pictureWithStripes(width: number, height: number, stripes: Box) {
  const data = new Uint8Array(width * height * 3).fill(128);
  for (let y = stripes.y; y < stripes.y + stripes.height; y++)
    for (let x = stripes.x; x < stripes.x + stripes.width; x++)
      data.fill(x % 2 === 0 ? 0 : 255, (y * width + x) * 3, (y * width + x) * 3 + 3);
  return { data, width, height };
}

describe("findBusiestPart", () => {
  it("finds fine stripes in a plain picture", () => {
    const stripes = { x: 640, y: 320, width: 192, height: 192 };
    const { part, detail } = findBusiestPart(pictureWithStripes(1024, 768, stripes), 192);
    expect(part).toEqual(stripes);
    expect(detail).toBeGreaterThan(240);
  });

  it("takes all of a picture that is smaller than the part, to its last row and column", () => {
    const { part, detail } = findBusiestPart(
      pictureWithStripes(100, 70, { x: 0, y: 0, width: 0, height: 0 }),
      640,
    );
    expect(part).toEqual({ x: 0, y: 0, width: 100, height: 70 });
    expect(detail).toBe(0);
    expect(findBusiestPart(pictureWithStripes(3, 1, part), 640).detail).toBeGreaterThan(0);
  });
});
