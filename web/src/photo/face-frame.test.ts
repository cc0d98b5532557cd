import { describe, expect, it } from "vitest";
import { frameBetween, isLargeEnough, moveFrame, START_FRAME } from "./face-frame.ts";

const shape = { width: 400, height: 200 };

describe("frameBetween", () => {
  it("is the same whichever corner was first", () => {
    const [a, b] = [
      { x: 0.5, y: 0.75 },
      { x: 0.25, y: 0.25 },
    ];
    expect(frameBetween(a, b)).toEqual({ x: 0.25, y: 0.25, width: 0.25, height: 0.5 });
    expect(frameBetween(b, a)).toEqual(frameBetween(a, b));
  });

  it("is too small after a mere click", () => {
    expect(isLargeEnough(frameBetween({ x: 0.5, y: 0.5 }, { x: 0.502, y: 0.5 }))).toBe(false);
    expect(isLargeEnough(START_FRAME)).toBe(true);
  });
});

describe("moveFrame", () => {
  it("moves by the same number of pixels in both directions", () => {
    const right = moveFrame(START_FRAME, "ArrowRight", { isSizing: false, shape });
    const down = moveFrame(START_FRAME, "ArrowDown", { isSizing: false, shape });
    expect((right.x - START_FRAME.x) * shape.width).toBeCloseTo((down.y - START_FRAME.y) * shape.height, 9);
    expect(right.width).toBe(START_FRAME.width);
  });

  it("stays within the photo, however long a key is held", () => {
    let moved = START_FRAME;
    let sized = START_FRAME;
    for (let i = 0; i < 100; i++) {
      moved = moveFrame(moved, "ArrowLeft", { isSizing: false, shape });
      sized = moveFrame(sized, "ArrowRight", { isSizing: true, shape });
    }
    expect(moved.x).toBe(0);
    expect(sized.x + sized.width).toBe(1);
    for (let i = 0; i < 100; i++) sized = moveFrame(sized, "ArrowLeft", { isSizing: true, shape });
    expect(isLargeEnough(sized)).toBe(true);
  });
});
