import { describe, expect, it } from "vitest";
import { convexHull, minimumAreaRectangle } from "./minimum-area-rectangle.ts";

describe("convexHull", () => {
  it("keeps the corners and drops what lies inside or on an edge", () => {
    const points = [0, 2, 4].flatMap((y) => [0, 2, 4].map((x) => ({ x, y })));
    expect(convexHull(points)).toHaveLength(4);
  });

  it("survives one point and points on a line", () => {
    expect(convexHull([{ x: 1, y: 1 }])).toEqual([{ x: 1, y: 1 }]);
    expect(convexHull([0, 1, 2].map((x) => ({ x, y: x })))).toHaveLength(2);
  });
});

describe("minimumAreaRectangle", () => {
  it("follows a tilted bar", () => {
    const angle = 0.3;
    const bar = [0, 50, 100].flatMap((along) =>
      [0, 20].map((across) => ({
        x: along * Math.cos(angle) - across * Math.sin(angle),
        y: along * Math.sin(angle) + across * Math.cos(angle),
      })),
    );
    const rectangle = minimumAreaRectangle(bar)!;
    expect(rectangle.longSide).toBeCloseTo(100, 6);
    expect(rectangle.shortSide).toBeCloseTo(20, 6);
    const [topLeft, topRight] = rectangle.corners;
    expect(Math.atan2(topRight.y - topLeft.y, topRight.x - topLeft.x)).toBeCloseTo(angle, 6);
  });

  it("is absent for no points and flat for one", () => {
    expect(minimumAreaRectangle([])).toBeUndefined();
    expect(minimumAreaRectangle([{ x: 3, y: 4 }])).toMatchObject({ shortSide: 0, longSide: 0 });
  });
});
