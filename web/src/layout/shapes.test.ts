import { describe, expect, it } from "vitest";
import { decodeShapes } from "./shapes.ts";

describe("decodeShapes", () => {
  it("reads what the API's contract says", () => {
    // k = 0, 35, 56 (4:3) and 78 on the scale (k + 70) / 210.
    const k = [0, 35, 50, 56, 57, 78];
    const shapes = k.map((step) => String.fromCharCode(35 + step < 92 ? 35 + step : 36 + step)).join("");
    const expected = k.map((step) => (step + 70) / (140 - step));
    expect([...decodeShapes(shapes)].map((ratio) => ratio.toFixed(5))).toEqual(
      expected.map((ratio) => ratio.toFixed(5)),
    );
    expect(decodeShapes("U")[0]).toBeCloseTo(4 / 3, 6);
  });
});
