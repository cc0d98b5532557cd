import { describe, expect, it } from "vitest";
import { spreadLabels } from "./spread-labels.ts";

describe("spreadLabels", () => {
  it("keeps the first of labels that would touch", () => {
    const labels = [
      { label: "2025", at: 0 },
      { label: "2024", at: 0.01 },
      { label: "2023", at: 0.5 },
    ];
    expect(spreadLabels(labels, 400)).toEqual([
      { label: "2025", y: 0 },
      { label: "2023", y: 200 },
    ]);
  });

  it("leaves out what would stick out at the bottom", () => {
    expect(spreadLabels([{ label: "1999", at: 1 }], 400)).toEqual([]);
  });
});
