import type { SEARCH_MODES } from "../../../src/api/search.ts";

/** Mode of a search, as in the API. */
export type SearchMode = (typeof SEARCH_MODES)[number];

/** Names of filters: the API's query parameters. */
export const FILTER_KINDS = [
  "category",
  "tag",
  "object",
  "person",
  "personMode",
  "from",
  "to",
  "text",
  "hasFaces",
  "hasText",
  "hasGps",
  "near",
  "camera",
  "format",
  "folder",
  "minRating",
  "status",
] as const;
export type FilterKind = (typeof FILTER_KINDS)[number];

/** One filter as the API spells it, such as `{ kind: "object", value: "dog:0.6" }`. */
export interface Filter {
  readonly kind: FilterKind;
  readonly value: string;
}

/** What the address of the search page says. */
export interface SearchState {
  readonly q: string;
  readonly mode: SearchMode;
  readonly sort: "newest" | "oldest";
  readonly filters: readonly Filter[];
}

/** A search for nothing. */
export const EMPTY_SEARCH: SearchState = { q: "", mode: "hybrid", sort: "newest", filters: [] };

const REPEATABLE: ReadonlySet<FilterKind> = new Set([
  "category",
  "tag",
  "object",
  "person",
  "format",
  "status",
]);

/** The search that a query string describes; unknown parameters and values are left out. */
export function parseSearchState(query: string): SearchState {
  const parameters = new URLSearchParams(query);
  const mode = parameters.get("mode");
  return {
    q: parameters.get("q") ?? "",
    mode: mode === "keyword" || mode === "semantic" ? mode : "hybrid",
    sort: parameters.get("sort") === "oldest" ? "oldest" : "newest",
    filters: FILTER_KINDS.flatMap((kind) => {
      const values = parameters.getAll(kind).filter((value) => value !== "");
      const kept = REPEATABLE.has(kind) ? [...new Set(values)] : values.slice(0, 1);
      return kept.map((value) => ({ kind, value }));
    }),
  };
}

/** The query string of a search, without `?`; defaults are left out, so that equal searches have equal addresses. */
export function formatSearchState(state: SearchState): string {
  const parameters = new URLSearchParams();
  if (state.q !== "") parameters.set("q", state.q);
  if (state.mode !== "hybrid") parameters.set("mode", state.mode);
  if (state.sort !== "newest") parameters.set("sort", state.sort);
  for (const kind of FILTER_KINDS) {
    for (const filter of state.filters) if (filter.kind === kind) parameters.append(kind, filter.value);
  }
  return parameters.toString();
}

/** The address of a search inside the app. */
export function searchHref(state: Partial<SearchState>): string {
  const query = formatSearchState({ ...EMPTY_SEARCH, ...state });
  return query === "" ? "/search" : `/search?${query}`;
}

/** Filters with one more; it takes the place of a filter of its kind where the API allows only one. */
export function addFilter(filters: readonly Filter[], added: Filter): Filter[] {
  const kept = filters.filter(
    (filter) => filter.kind !== added.kind || (REPEATABLE.has(added.kind) && filter.value !== added.value),
  );
  return [...kept, added];
}

/** Filters without one; the way several persons combine goes with the last but one of them. */
export function removeFilter(filters: readonly Filter[], removed: Filter): Filter[] {
  const kept = filters.filter((filter) => filter.kind !== removed.kind || filter.value !== removed.value);
  const persons = kept.filter((filter) => filter.kind === "person").length;
  const isNone = kept.some((filter) => filter.kind === "personMode" && filter.value === "none");
  return persons >= 2 || (persons === 1 && isNone)
    ? kept
    : kept.filter((filter) => filter.kind !== "personMode");
}

/** Label and minimum confidence of an object filter's value. */
export function parseObjectFilter(value: string): {
  readonly label: string;
  readonly minScore: number | undefined;
} {
  const match = /^(.*):(\d*\.?\d+)$/.exec(value);
  return match ? { label: match[1]!, minScore: Number(match[2]) } : { label: value, minScore: undefined };
}

/** The value of an object filter. */
export function formatObjectFilter(label: string, minScore: number | undefined): string {
  return minScore === undefined || minScore <= 0 ? label : `${label}:${minScore}`;
}
