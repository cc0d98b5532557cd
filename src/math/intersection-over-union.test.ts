import { describe, expect, it, test } from "vitest";

import { intersectionOverUnion } from "./intersection-over-union.ts";

const BOX = { x: 10, y: 20, width: 30, height: 40 };

describe("intersectionOverUnion", () => {
  test.each([
    ["the same box", BOX, 1],
    ["a box half as wide", { ...BOX, width: 15 }, 0.5],
    ["a box shifted by half its width", { ...BOX, x: 25 }, 1 / 3],
    ["a box that only touches", { ...BOX, x: 40 }, 0],
    ["a box elsewhere", { ...BOX, y: 500 }, 0],
    ["a box without area", { ...BOX, width: 0, height: 0 }, 0],
  ])("of a box and %s", (_, other, expected) => {
    expect(intersectionOverUnion(BOX, other)).toBeCloseTo(expected, 12);
    expect(intersectionOverUnion(other, BOX)).toBeCloseTo(expected, 12);
  });

  it("of two boxes without area is 0", () => {
    const point = { x: 5, y: 5, width: 0, height: 0 };
    expect(intersectionOverUnion(point, point)).toBe(0);
  });
});
