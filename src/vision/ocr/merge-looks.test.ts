import { describe, expect, it } from "vitest";
import type { Quad } from "../../core/geometry.ts";
import { mergeLooks } from "./merge-looks.ts";
import type { ReadBox } from "./read-lines.ts";

/** A box of one row, from `left` to `right`. */
function box(left: number, right: number, text: string, score: number): ReadBox {
  const quad: Quad = [left, 0, right, 0, right, 20, left, 20];
  return { quad, line: { text, score, reliability: score } };
}

function textsOf(boxes: readonly ReadBox[]): string[] {
  return boxes.map(({ line }) => line.text);
}

describe("mergeLooks", () => {
  it("keeps the look that reads more text more surely, spot by spot", () => {
    const first = [box(0, 100, "SPAAE RBS", 0.7), box(200, 300, "1966", 0.98)];
    const second = [box(0, 48, "SPARE", 0.95), box(52, 100, "RIBS", 0.95), box(200, 300, "I966", 0.8)];
    expect(textsOf(mergeLooks(first, second))).toEqual(["SPARE", "RIBS", "1966"]);
  });

  it("keeps the first where the second is hardly better", () => {
    expect(textsOf(mergeLooks([box(0, 100, "SINCE", 0.95)], [box(0, 100, "SINGE", 0.955)]))).toEqual([
      "SINCE",
    ]);
  });

  it("joins what only one of them sees", () => {
    const merged = mergeLooks([box(0, 100, "SINCE", 0.9)], [box(150, 200, "1966", 0.9)]);
    expect(textsOf(merged)).toEqual(["SINCE", "1966"]);
  });

  it("compares a line with two that it covers only in part as one spot", () => {
    const first = [box(0, 100, "MAIN", 0.9), box(110, 200, "STAY", 0.9)];
    expect(textsOf(mergeLooks(first, [box(0, 200, "MAIN STAY", 0.99)]))).toEqual(["MAIN STAY"]);
  });
});
