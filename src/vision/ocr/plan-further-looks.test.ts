import { describe, expect, it } from "vitest";
import type { Quad } from "../../core/geometry.ts";
import type { ReadBox } from "./merge-looks.ts";
import { planCloserLook } from "./plan-closer-look.ts";

const PHOTO = { width: 1920, height: 1440 };

function box(left: number, top: number, score: number): ReadBox {
  const quad: Quad = [left, top, left + 100, top, left + 100, top + 20, left, top + 20];
  return { quad, line: { text: "line", score, reliability: score } };
}

describe("planCloserLook", () => {
  it("looks at the surroundings of unsure lines, half as large again", () => {
    const plan = planCloserLook(PHOTO, [box(100, 100, 0.99), box(500, 300, 0.8), box(900, 500, 0.5)], 1);
    expect(plan).toEqual({ part: { x: 460, y: 260, width: 580, height: 300 }, scale: 1.5 });
  });

  it("stays within its budget, or at home where that allows too little", () => {
    const wide = planCloserLook(PHOTO, [box(40, 40, 0.8), box(1700, 800, 0.8)], 1);
    expect(wide!.scale).toBeLessThan(1.5);
    expect(wide!.part.width * wide!.part.height * wide!.scale ** 2).toBeLessThanOrEqual(3e6 + 1);
    expect(planCloserLook(PHOTO, [box(40, 40, 0.8), box(1700, 1380, 0.8)], 1)).toBeUndefined();
  });

  it("looks at the whole of a small picture", () => {
    const picture = { width: 600, height: 400 };
    expect(planCloserLook(picture, [box(100, 100, 0.99)], 1.2)?.part).toEqual({ x: 0, y: 0, ...picture });
  });

  it("lets be what is read, and what cannot be read at all", () => {
    expect(planCloserLook(PHOTO, [box(100, 100, 0.99)], 1)).toBeUndefined();
    expect(planCloserLook(PHOTO, [box(100, 100, 0.4)], 1)).toBeUndefined();
    expect(planCloserLook(PHOTO, [], 1)).toBeUndefined();
  });
});
