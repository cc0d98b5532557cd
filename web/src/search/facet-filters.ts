import type { FACET_NAMES } from "../../../src/core/search-vocabulary.ts";
import { addFilter, type Filter, removeFilter } from "./search-state.ts";

type FacetName = (typeof FACET_NAMES)[number];

const HAS = { faces: "hasFaces", text: "hasText", gps: "hasGps" } as const;

/** The filters that one value of a facet stands for: two for a year, none for what cannot be filtered by. */
export function filtersOf(facet: FacetName, value: string): readonly Filter[] {
  switch (facet) {
    case "year":
      return [
        { kind: "from", value },
        { kind: "to", value },
      ];
    case "country":
      return [{ kind: "place", value }];
    case "has":
      return value in HAS ? [{ kind: HAS[value as keyof typeof HAS], value: "true" }] : [];
    default:
      return [{ kind: facet, value }];
  }
}

/** Whether all filters of a value are set. */
export function isChosen(filters: readonly Filter[], wanted: readonly Filter[]): boolean {
  return (
    wanted.length > 0 &&
    wanted.every(({ kind, value }) =>
      filters.some((filter) => filter.kind === kind && filter.value.toLowerCase() === value.toLowerCase()),
    )
  );
}

/** The filters with those of a value added, or taken away when they are set. */
export function toggleFilters(filters: readonly Filter[], wanted: readonly Filter[]): readonly Filter[] {
  return isChosen(filters, wanted)
    ? wanted.reduce<readonly Filter[]>(
        (kept, { kind, value }) =>
          kept
            .filter((filter) => filter.kind === kind && filter.value.toLowerCase() === value.toLowerCase())
            .reduce<readonly Filter[]>(removeFilter, kept),
        filters,
      )
    : wanted.reduce<readonly Filter[]>(addFilter, filters);
}
