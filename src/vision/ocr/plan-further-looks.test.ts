import { describe, expect, it } from "vitest";
import type { Quad } from "../../core/geometry.ts";
import type { ReadBox } from "./read-lines.ts";
import { planFurtherLooks } from "./plan-further-looks.ts";

const PHOTO = { width: 1920, height: 1440 };

function box(left: number, top: number, score: number): ReadBox {
  const quad: Quad = [left, top, left + 100, top, left + 100, top + 20, left, top + 20];
  return { quad, line: { text: "line", score, reliability: score } };
}

describe("planFurtherLooks", () => {
  it("looks at the surroundings of unsure lines, from nearer and from farther", () => {
    const part = { x: 460, y: 260, width: 580, height: 300 };
    const looks = planFurtherLooks(PHOTO, [box(100, 100, 0.99), box(500, 300, 0.8), box(900, 500, 0.5)], 1);
    expect(looks).toEqual([
      { part, scale: 1.5 },
      { part, scale: 2 / 3 },
    ]);
  });

  it("stays within its budget, or does not look closer where that allows too little", () => {
    const [near] = planFurtherLooks(PHOTO, [box(40, 40, 0.8), box(1700, 800, 0.8)], 1);
    expect(near!.scale).toBeGreaterThan(1.2);
    expect(near!.part.width * near!.part.height * near!.scale ** 2).toBeLessThanOrEqual(3e6 + 1);
    const everywhere = planFurtherLooks(PHOTO, [box(40, 40, 0.8), box(1700, 1380, 0.8)], 1);
    expect(everywhere.map(({ scale }) => scale)).toEqual([2 / 3]);
  });

  it("looks at the whole of a small picture", () => {
    const picture = { width: 600, height: 400 };
    const looks = planFurtherLooks(picture, [box(100, 100, 0.99)], 1.2);
    expect(looks.map(({ part }) => part)).toEqual(Array(2).fill({ x: 0, y: 0, ...picture }));
    for (const { scale } of looks) expect(scale).toBeGreaterThan(1.2);
  });

  it("lets be a page of small print, which would be read all over again and be no nearer", () => {
    const lines = Array.from({ length: 80 }, (_, i) => box(40 + (i % 2) * 900, 40 + i * 15, 0.9));
    expect(planFurtherLooks(PHOTO, lines.slice(0, 79), 1)).not.toEqual([]);
    expect(planFurtherLooks(PHOTO, [...lines, box(40, 1300, 0.9)], 1)).toEqual([]);
  });

  it("lets be what is read, and what cannot be read at all", () => {
    expect(planFurtherLooks(PHOTO, [box(100, 100, 0.99)], 1)).toEqual([]);
    expect(planFurtherLooks(PHOTO, [box(100, 100, 0.4)], 1)).toEqual([]);
    expect(planFurtherLooks(PHOTO, [], 1)).toEqual([]);
  });
});
