import { describe, expect, it, test } from "vitest";
import { believableScore, implausibility } from "./plausibility.ts";

describe("implausibility", () => {
  test.each([
    "MovieShots Dataset",
    "eBay",
    "iPhone 15",
    "YouTube",
    "75 kW",
    "PhD",
    "IBM",
    "欢迎光临",
    "KTV包厢",
    "Време",
    "ΑΘΗΝΑ",
  ])("finds nothing odd in %s", (text) => {
    expect(implausibility(text)).toBe(0);
  });

  test.each(["BpeMA He XAëT HUKoro", "MocKBa", "Kαλnμέpα Kóσμε"])("doubts %s", (text) => {
    expect(implausibility(text)).toBeGreaterThan(1);
  });

  it("doubts a long line less for one slip", () => {
    expect(implausibility("To facilitate the shot type analYSis")).toBeLessThan(implausibility("analYSis"));
  });
});

describe("believableScore", () => {
  it("is the score of plain text, and less of odd text however sure", () => {
    expect(believableScore({ text: "Moskva", score: 0.9 })).toBeCloseTo(0.9, 9);
    expect(believableScore({ text: "MocKBa", score: 0.95 })).toBeLessThan(0.75);
    expect(believableScore({ text: "ABC", score: 1 })).toBeCloseTo(1, 5);
    expect(believableScore({ text: "", score: 0 })).toBe(0);
  });
});
