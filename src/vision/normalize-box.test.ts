import { describe, expect, it } from "vitest";

import { normalizeBox } from "./normalize-box.ts";

describe("normalizeBox", () => {
  it("divides by the sides of the image", () => {
    const box = normalizeBox({ x: 20, y: 10, width: 40, height: 20 }, { width: 200, height: 100 });
    expect(box.x).toBeCloseTo(0.1, 12);
    expect(box.y).toBeCloseTo(0.1, 12);
    expect(box.width).toBeCloseTo(0.2, 12);
    expect(box.height).toBeCloseTo(0.2, 12);
  });

  it("cuts off what lies outside, leaving nothing of a box wholly outside", () => {
    const image = { width: 100, height: 100 };
    expect(normalizeBox({ x: -50, y: 75, width: 100, height: 100 }, image)).toEqual({
      x: 0,
      y: 0.75,
      width: 0.5,
      height: 0.25,
    });
    expect(normalizeBox({ x: 300, y: -40, width: 10, height: 10 }, image)).toMatchObject({
      width: 0,
      height: 0,
    });
  });
});
