import type { SEARCH_MODES } from "../../../src/api/search.ts";
import type { Box } from "../../../src/core/geometry.ts";

/** Mode of a search, as in the API. */
export type SearchMode = (typeof SEARCH_MODES)[number];

/** Names of filters: the API's query parameters. */
export const FILTER_KINDS = [
  "category",
  "tag",
  "object",
  "person",
  "personMode",
  "withoutPerson",
  "place",
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
  "album",
  "concept",
  "minRating",
  "isFavourite",
  "duplicates",
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
  /** `best`: the best match first; without words the newest. */
  readonly sort: "best" | "newest" | "oldest";
  /** What the photos are to look like: see `parseLike`; empty for nothing. */
  readonly like: string;
  readonly filters: readonly Filter[];
}

/** A search for nothing. */
export const EMPTY_SEARCH: SearchState = { q: "", mode: "hybrid", sort: "best", like: "", filters: [] };

const REPEATABLE: ReadonlySet<FilterKind> = new Set([
  "category",
  "tag",
  "object",
  "person",
  "withoutPerson",
  "place",
  "format",
  "album",
  "concept",
  "status",
]);

/** The search that a query string describes; unknown parameters and values are left out. */
export function parseSearchState(query: string): SearchState {
  const parameters = new URLSearchParams(query);
  const mode = parameters.get("mode");
  const sort = parameters.get("sort");
  return {
    q: parameters.get("q") ?? "",
    mode: mode === "keyword" || mode === "semantic" ? mode : "hybrid",
    sort: sort === "newest" || sort === "oldest" ? sort : "best",
    like: parameters.get("like") ?? "",
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
  if (state.sort !== "best") parameters.set("sort", state.sort);
  if (state.like !== "") parameters.set("like", state.like);
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

/** A picture that photos are to look like: a photo or a part of it (fractions), or a picture that was chosen on this page. */
export type Like =
  | { readonly photoId: number; readonly box?: Box }
  | {
      /** Of `rememberPicture`. */
      readonly picture: string;
    };

/** Reads `12`, `12:0.1,0.2,0.3,0.4` (left, top, width, height) or `picture-1`; undefined for anything else. */
export function parseLike(like: string): Like | undefined {
  if (/^picture-\d+$/.test(like)) return { picture: like };
  const match = /^(\d+)(?::([\d.]+),([\d.]+),([\d.]+),([\d.]+))?$/.exec(like);
  if (!match) return undefined;
  const photoId = Number(match[1]);
  if (match[2] === undefined) return { photoId };
  const [x, y, width, height] = match.slice(2).map(Number);
  return { photoId, box: { x: x!, y: y!, width: width!, height: height! } };
}

/** What {@link parseLike} reads. */
export function formatLike(photoId: number, box?: Box): string {
  if (!box) return String(photoId);
  return `${photoId}:${[box.x, box.y, box.width, box.height].map((part) => part.toFixed(4)).join(",")}`;
}

/** Filters as the JSON object that requests with a body take: repeatable ones as lists, yes and no as such. */
export function filterObject(filters: readonly Filter[]): Readonly<Record<string, unknown>> {
  const object: Record<string, unknown> = {};
  for (const { kind, value } of filters) {
    const isFlag = /^(has|is)[A-Z]/.test(kind);
    if (REPEATABLE.has(kind)) object[kind] = [...((object[kind] as string[] | undefined) ?? []), value];
    else object[kind] = isFlag ? value === "true" : value;
  }
  return object;
}
