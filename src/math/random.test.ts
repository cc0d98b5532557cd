import { describe, expect, it } from "vitest";
import { createRandom, shuffle } from "./random.ts";

describe("createRandom", () => {
  it("gives the same numbers for the same seed, others for another", () => {
    const draw = (seed: number) => Array.from({ length: 5 }, createRandom(seed));
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it("spreads over 0 to 1 evenly", () => {
    const random = createRandom(3);
    const counts = Array(10).fill(0) as number[];
    for (let i = 0; i < 100_000; i++) counts[Math.floor(random() * 10)]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });
});

describe("shuffle", () => {
  it("keeps every item and reaches every place", () => {
    const seen = new Set<number>();
    for (let seed = 0; seed < 100; seed++) {
      const items = shuffle([0, 1, 2, 3, 4], createRandom(seed));
      expect(items.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
      seen.add(items.indexOf(0));
    }
    expect(seen.size).toBe(5);
  });
});
