import { describe, expect, it } from "vitest";
import { filtersOf, isChosen, toggleFilters } from "./facet-filters.ts";
import type { Filter } from "./search-state.ts";

const TAG: Filter = { kind: "tag", value: "Dog" };

describe("values of facets as filters", () => {
  it("makes a year a range, a country a place, and what photos have a flag", () => {
    expect(filtersOf("year", "2024")).toEqual([
      { kind: "from", value: "2024" },
      { kind: "to", value: "2024" },
    ]);
    expect(filtersOf("country", "IT")).toEqual([{ kind: "place", value: "IT" }]);
    expect(filtersOf("has", "gps")).toEqual([{ kind: "hasGps", value: "true" }]);
    expect(filtersOf("has", "wings")).toEqual([]);
  });

  it("adds a value and takes it away again, whatever the case it was written in", () => {
    const wanted = filtersOf("tag", "dog");
    expect(isChosen([], wanted)).toBe(false);
    expect(toggleFilters([], wanted)).toEqual(wanted);
    expect(isChosen([TAG], wanted)).toBe(true);
    expect(toggleFilters([TAG, { kind: "camera", value: "X" }], wanted)).toEqual([
      { kind: "camera", value: "X" },
    ]);
  });

  it("puts another year in the place of the one before", () => {
    const first = toggleFilters([], filtersOf("year", "2023"));
    expect(toggleFilters(first, filtersOf("year", "2024"))).toEqual(filtersOf("year", "2024"));
  });
});
