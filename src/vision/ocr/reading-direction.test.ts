import { describe, expect, it } from "vitest";
import type { Quad } from "../../core/geometry.ts";
import { pageDirection, startReadingAt, turnToReading } from "./reading-direction.ts";

const UPRIGHT = { isUpsideDown: false, isUpwards: false };
const LYING: Quad = [10, 10, 90, 10, 90, 30, 10, 30];
const TALL: Quad = [10, 10, 30, 10, 30, 190, 10, 190];

describe("pageDirection", () => {
  it("is that of most of the text", () => {
    expect(pageDirection([LYING, TALL], UPRIGHT)).toBe("down");
    expect(pageDirection([LYING, LYING, LYING, TALL], UPRIGHT)).toBe("right");
    expect(pageDirection([TALL], { isUpsideDown: false, isUpwards: true })).toBe("up");
    expect(pageDirection([LYING], { isUpsideDown: true, isUpwards: false })).toBe("left");
  });
});

describe("startReadingAt", () => {
  it("puts the corner first where reading begins, the others following clockwise", () => {
    expect(startReadingAt(TALL, "down")).toEqual([30, 10, 30, 190, 10, 190, 10, 10]);
    expect(startReadingAt(TALL, "up").slice(0, 2)).toEqual([10, 190]);
    expect(startReadingAt(LYING, "left").slice(0, 2)).toEqual([90, 30]);
    expect(startReadingAt(LYING, "right")).toEqual(LYING);
  });
});

describe("turnToReading", () => {
  const size = { width: 100, height: 200 };

  it("lays a page down so that its lines run to the right", () => {
    expect(turnToReading(TALL, "down", size)).toEqual([10, 70, 190, 70, 190, 90, 10, 90]);
    expect(turnToReading(TALL, "up", size)).toEqual([10, 10, 190, 10, 190, 30, 10, 30]);
    expect(turnToReading(LYING, "left", size)).toEqual([10, 170, 90, 170, 90, 190, 10, 190]);
    expect(turnToReading(LYING, "right", size)).toEqual(LYING);
  });
});
