import { describe, expect, it } from "vitest";
import { coverBox } from "./cover-box.ts";

const box = { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };

describe("coverBox", () => {
  it("leaves a box where it is when the tile has the photo's shape", () => {
    expect(coverBox(box, 1.5, 1.5)).toEqual(box);
  });

  it("widens a box of a panorama whose sides are cut off", () => {
    expect(coverBox(box, 6, 3)).toEqual({ x: 0, y: 0.25, width: 1, height: 0.5 });
  });

  it("stretches a box of a receipt whose ends are cut off", () => {
    const covered = coverBox({ ...box, y: 0.4, height: 0.2 }, 0.25, 0.5)!;
    expect(covered.y).toBeCloseTo(0.3, 10);
    expect(covered.height).toBeCloseTo(0.4, 10);
    expect([covered.x, covered.width]).toEqual([0.25, 0.5]);
  });

  it("gives nothing for a box outside the tile", () => {
    expect(coverBox({ x: 0, y: 0, width: 0.1, height: 1 }, 6, 3)).toBeUndefined();
  });
});
