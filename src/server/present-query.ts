import type { ParsedQuery, SearchFacets } from "../api/search-query.ts";
import type { FacetAnswer } from "../engine/search/count-facets.ts";
import type { UnderstoodQuery } from "../engine/search/understand-query.ts";

/** A query, understood, in the words of the HTTP API. */
export function toParsedQuery({ text, chips, problems }: UnderstoodQuery): ParsedQuery {
  return {
    text,
    chips: chips.map((chip) => ({
      start: chip.start,
      end: chip.end,
      kind: chip.kind,
      label: chip.label,
      value: chip.value,
      isNegated: chip.isNegated,
      source: chip.source,
      operator: chip.operator,
      plain: chip.plain,
    })),
    problems: problems.map(({ suggestion, ...problem }) => ({ ...problem, suggestion: suggestion ?? null })),
  };
}

/** Facets as the API gives them. */
export function toFacets(facets: FacetAnswer["facets"]): SearchFacets["facets"] {
  return Object.fromEntries(
    Object.entries(facets).map(([name, values]) => [
      name,
      values.map(({ value, label, count }) => ({ value, label, count })),
    ]),
  ) as SearchFacets["facets"];
}
