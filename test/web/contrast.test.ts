/** The colours of the web app against one another. */
import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";

const tokens = readFileSync(new URL("../../web/src/styles/tokens.css", import.meta.url), "utf8");

/** Contrast that WCAG 2.2 AA asks of text (1.4.3), and of what shows where a control is (1.4.11). */
const TEXT = 4.5;
const CONTROL = 3;

/** Which colours stand on which in the style sheets. */
const TEXT_ON: Readonly<Record<string, readonly string[]>> = {
  ink: ["paper", "surface", "sunken", "sunken-strong", "accent-soft"],
  "ink-quiet": ["paper", "surface", "sunken", "sunken-strong", "accent-soft"],
  accent: ["paper", "surface", "sunken"],
  "accent-strong": ["paper", "surface", "accent-soft"],
  "accent-ink": ["accent", "accent-strong"],
  bad: ["paper", "surface", "bad-soft"],
  warn: ["surface", "warn-soft"],
  good: ["surface", "good-soft"],
};
const EDGE_ON: Readonly<Record<string, readonly string[]>> = {
  "line-control": ["paper", "surface"],
  accent: ["paper", "surface", "sunken", "sunken-strong"],
};

const colours = new Map(
  [...tokens.matchAll(/--([\w-]+): light-dark\((#[\da-f]{6}), (#[\da-f]{6})\)/g)].map(
    ([, name, light, dark]) => [name!, { light: light!, dark: dark! }] as const,
  ),
);

function colourOf(name: string, theme: "light" | "dark"): string {
  const colour = colours.get(name);
  if (!colour) throw new Error(`tokens.css has no colour --${name} for both themes`);
  return colour[theme];
}

/** Relative luminance, WCAG 2.2. */
function luminanceOf(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrastOf(a: string, b: string): number {
  const [low, high] = [luminanceOf(a), luminanceOf(b)].toSorted((x, y) => x - y);
  return (high! + 0.05) / (low! + 0.05);
}

function pairsOf(table: Readonly<Record<string, readonly string[]>>) {
  return Object.entries(table).flatMap(([front, backs]) =>
    backs.flatMap((back) => (["light", "dark"] as const).map((theme) => [front, back, theme] as const)),
  );
}

describe("contrastOf", () => {
  it("is that of the standard", () => {
    expect(contrastOf("#000000", "#ffffff")).toBeCloseTo(21, 10);
    expect(contrastOf("#767676", "#ffffff")).toBeCloseTo(4.54, 2);
  });
});

describe("text", () => {
  test.each(pairsOf(TEXT_ON))("%s can be read on %s, %s", (front, back, theme) => {
    expect(contrastOf(colourOf(front, theme), colourOf(back, theme))).toBeGreaterThanOrEqual(TEXT);
  });
});

describe("edges and focus rings", () => {
  test.each(pairsOf(EDGE_ON))("%s can be seen on %s, %s", (front, back, theme) => {
    expect(contrastOf(colourOf(front, theme), colourOf(back, theme))).toBeGreaterThanOrEqual(CONTROL);
  });
});
