import { describe, expect, it, test } from "vitest";
import { chipsOf } from "./filter-words.ts";
import type { FilterKind } from "./search-state.ts";

describe("chipsOf", () => {
  test.each<[FilterKind, string, string]>([
    ["tag", "dog", "dog"],
    ["object", "dog:0.6", "dog, at least 60% sure"],
    ["hasFaces", "false", "without faces"],
    ["minRating", "3", "★★★ or more"],
    ["minRating", "many", "★ or more"],
    ["format", "heic", "HEIC"],
    ["from", "2024", "since 2024"],
    ["to", "2024-07", "until July 2024"],
    ["from", "yesterday", "since yesterday"],
    ["near", "41.9,12.5,25", "25 km · 41.9, 12.5"],
  ])("%s=%s reads “%s”", (kind, value, words) => {
    expect(chipsOf([{ kind, value }])[0]!.value).toBe(words);
  });

  it("makes one chip of the two ends of a date range", () => {
    const chips = chipsOf([
      { kind: "tag", value: "dog" },
      { kind: "from", value: "2024-07-14" },
      { kind: "to", value: "2025" },
    ]);
    expect(chips.map((chip) => [chip.kind, chip.value])).toEqual([
      ["tag", "dog"],
      ["date", "14 Jul 2024 – 2025"],
    ]);
    expect(chips[1]!.filters).toHaveLength(2);
  });

  it("says a single day once", () => {
    const chips = chipsOf([
      { kind: "from", value: "2024-07-14" },
      { kind: "to", value: "2024-07-14" },
    ]);
    expect(chips.map((chip) => chip.value)).toEqual(["14 Jul 2024"]);
  });
});
