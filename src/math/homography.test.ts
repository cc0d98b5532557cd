import { describe, expect, it, test } from "vitest";

import type { Quad } from "../core/geometry.ts";
import { type Homography, rectangleToQuad } from "./homography.ts";

function project(h: Homography, x: number, y: number): [number, number] {
  const w = h[6] * x + h[7] * y + h[8];
  return [(h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w];
}

describe("rectangleToQuad", () => {
  test.each<[string, Quad]>([
    ["a rectangle", [40, 50, 240, 50, 240, 90, 40, 90]],
    ["a leaning parallelogram", [60, 120, 300, 160, 294, 200, 54, 160]],
    ["a quad in perspective", [10, 10, 200, 40, 180, 150, 5, 100]],
    ["a quad read the other way round", [5, 100, 180, 150, 200, 40, 10, 10]],
  ])("takes the corners of the rectangle to those of %s", (_, quad) => {
    const mapping = rectangleToQuad({ width: 120, height: 48 }, quad)!;
    const corners = [
      project(mapping, 0, 0),
      project(mapping, 120, 0),
      project(mapping, 120, 48),
      project(mapping, 0, 48),
    ];
    for (const [i, value] of corners.flat().entries()) expect(value).toBeCloseTo(quad[i]!, 8);
  });

  it("keeps straight lines straight: the diagonals still cross where they crossed", () => {
    const quad: Quad = [0, 0, 100, 0, 80, 60, 20, 60];
    const [x, y] = project(rectangleToQuad({ width: 10, height: 10 }, quad)!, 5, 5);
    expect(x).toBeCloseTo(50, 8);
    expect(y).toBeCloseTo(37.5, 8);
  });

  it("has no answer when three corners lie on one line", () => {
    expect(rectangleToQuad({ width: 10, height: 10 }, [0, 0, 50, 50, 100, 100, 0, 60])).toBeUndefined();
  });
});
