import { describe, expect, it } from "vitest";
import { betterSection, inSections, photoCutoffs, sectionOf } from "./sections.ts";

describe("photoCutoffs", () => {
  it("lie above what photos of this library have in common by chance", () => {
    expect(photoCutoffs({ median: 0.3, spread: 0.05 }, 5000)).toEqual({
      maybe: expect.closeTo(0.45, 9) as number,
      strong: expect.closeTo(0.55, 9) as number,
    });
  });

  it("are the usual ones while there are few pairs, and never beyond what surely shows the same", () => {
    expect(photoCutoffs({ median: 0, spread: 0 }, 299)).toEqual(
      photoCutoffs({ median: 0.9, spread: 0.3 }, 0),
    );
    const alike = photoCutoffs({ median: 0.9, spread: 0.1 }, 5000);
    expect(alike.strong).toBe(0.95);
    expect(alike.maybe).toBeLessThan(alike.strong);
  });
});

describe("sectionOf", () => {
  it("counts the cut-off itself in", () => {
    const cutoffs = { maybe: 0.5, strong: 0.7 };
    expect([0.7, 0.69, 0.5, 0.49].map((similarity) => sectionOf(similarity, cutoffs))).toEqual([
      "strong",
      "maybe",
      "maybe",
      undefined,
    ]);
  });
});

describe("betterSection", () => {
  it("prefers what is sure", () => {
    expect(betterSection("maybe", "strong")).toBe("strong");
    expect(betterSection(undefined, "maybe")).toBe("maybe");
    expect(betterSection(undefined, undefined)).toBe(undefined);
  });
});

describe("inSections", () => {
  const toSection = (n: number) => (n > 10 ? ("strong" as const) : n > 5 ? ("maybe" as const) : undefined);

  it("puts the strong ones first, keeps the order within, and leaves out what is neither", () => {
    expect(inSections([7, 20, 3, 6, 12], toSection)).toEqual({
      entries: [20, 12, 7, 6],
      counts: { strong: 2, maybe: 2 },
      verdict: "strong",
    });
  });

  it("says that nothing matches", () => {
    expect(inSections([1, 2], toSection)).toEqual({
      entries: [],
      counts: { strong: 0, maybe: 0 },
      verdict: "nothing",
    });
    expect(inSections([6], toSection).verdict).toBe("maybe");
  });
});
