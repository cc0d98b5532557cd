import { describe, expect, it } from "vitest";
import { toTileBox } from "./to-tile-box.ts";

const box = { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };

describe("toTileBox", () => {
  it("leaves a box where it is when the tile has the photo's shape", () => {
    expect(toTileBox(box, 1.5, 1.5, "cover")).toEqual(box);
  });

  it("widens a box of a panorama whose sides are cut off", () => {
    expect(toTileBox(box, 6, 3, "cover")).toEqual({ x: 0, y: 0.25, width: 1, height: 0.5 });
  });

  it("stretches a box of a receipt whose ends are cut off", () => {
    const covered = toTileBox({ ...box, y: 0.4, height: 0.2 }, 0.25, 0.5, "cover")!;
    expect(covered.y).toBeCloseTo(0.3, 10);
    expect(covered.height).toBeCloseTo(0.4, 10);
    expect([covered.x, covered.width]).toEqual([0.25, 0.5]);
  });

  it("moves a box of a strip that is shown whole to where the strip lies", () => {
    expect(toTileBox(box, 8, 2, "contain")).toEqual({ x: 0.25, y: 0.4375, width: 0.5, height: 0.125 });
  });

  it("gives nothing for a box outside the tile", () => {
    expect(toTileBox({ x: 0, y: 0, width: 0.1, height: 1 }, 6, 3, "cover")).toBeUndefined();
  });
});
