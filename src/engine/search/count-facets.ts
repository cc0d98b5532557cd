import type { PhotoFilter } from "../../core/photo-filter.ts";
import { countryName } from "../../core/country-names.ts";
import { type Facet, type FacetCount, type FacetStore, FACETS } from "../../database/facet-store.ts";
import { passedFilter } from "../../database/photo-filter.ts";
import type { PhotoStore } from "../../database/photo-store.ts";
import type { CountedName } from "../../database/suggestion-names.ts";
import type { PhotoQuery, PhotoSearch } from "./search-photos.ts";

/** Counts over many photos take a second: the same question again is answered from memory for so long, milliseconds. */
const FRESH_MS = 15_000;

/** So many photos are named one by one to the counters, which look at them alone then; more are described by the filter. */
const MAX_LISTED = 20_000;

/** Questions remembered. */
const MAX_REMEMBERED = 50;

/** A value of a facet in words. */
export interface FacetValue extends FacetCount {
  readonly label: string;
}

/** How often each value is among the photos found. */
export interface FacetAnswer {
  readonly total: number;
  readonly isExact: boolean;
  readonly facets: Readonly<Record<Facet, readonly FacetValue[]>>;
}

export interface FacetQuery extends Pick<PhotoQuery, "text" | "words" | "mode" | "filter"> {
  /** Default: all. */
  readonly facets?: readonly Facet[] | undefined;
  /** Most values of each. */
  readonly limit: number;
}

export interface CountFacetsOptions {
  readonly store: FacetStore;
  readonly photos: Pick<PhotoStore, "count" | "listIds">;
  /** Names and their counts in the whole library, read once for everybody; most frequent first. */
  readonly readNames: () => Promise<readonly CountedName[]>;
  readonly search: Pick<PhotoSearch, "findIds">;
  readonly now?: () => number;
}

/** Counts, for everything that a query finds, what else could narrow it down; see {@link FacetAnswer}. */
export function createCountFacets({ store, photos, search, readNames, now = Date.now }: CountFacetsOptions) {
  const remembered = new Map<string, { readonly at: number; readonly answer: Promise<FacetAnswer> }>();

  /** Everything that is found as a filter that is quick to count by, and how much it is. */
  async function narrow(
    query: FacetQuery,
  ): Promise<{ filter: PhotoFilter; total: number; isExact: boolean }> {
    const found = await search.findIds(query);
    const ids = found?.ids ?? (await photos.listIds(query.filter));
    const isExact = found?.isExact ?? true;
    if (found === undefined && ids.length > MAX_LISTED)
      return { filter: query.filter, total: ids.length, isExact };
    // They have passed the filter; its copies out of sight are among them.
    return { filter: passedFilter([...ids]), total: ids.length, isExact };
  }

  async function countNames(kind: CountedName["kind"], limit: number): Promise<readonly FacetCount[]> {
    const names = (await readNames()).filter((name) => name.kind === kind).slice(0, limit);
    return names.map(({ name, photos: on }) => ({ value: name, count: on }));
  }

  async function count(query: FacetQuery): Promise<FacetAnswer> {
    const isWhole = query.text.trim() === "" && Object.keys(query.filter).length === 0;
    const { filter, total, isExact } = isWhole
      ? { filter: {}, total: await photos.count({}), isExact: true }
      : await narrow(query);
    const wanted = query.facets ?? FACETS;
    const counts = await Promise.all(
      wanted.map(async (facet) =>
        isWhole && isNamed(facet) ? countNames(facet, query.limit) : store.count(facet, filter, query.limit),
      ),
    );
    const facets = Object.fromEntries(FACETS.map((facet) => [facet, [] as readonly FacetValue[]]));
    wanted.forEach((facet, i) => {
      facets[facet] = counts[i]!.map(({ value, count: on }) => ({
        value,
        label: labelOf(facet, value),
        count: on,
      }));
    });
    return { total, isExact, facets: facets as FacetAnswer["facets"] };
  }

  return async function countFacets(query: FacetQuery): Promise<FacetAnswer> {
    const question = JSON.stringify(query);
    const known = remembered.get(question);
    if (known !== undefined && now() - known.at < FRESH_MS) return known.answer;
    const answer = count(query);
    remembered.delete(question);
    remembered.set(question, { at: now(), answer });
    if (remembered.size > MAX_REMEMBERED) remembered.delete(remembered.keys().next().value!);
    answer.catch(() => remembered.delete(question));
    return answer;
  };
}

export type CountFacets = ReturnType<typeof createCountFacets>;

const NAMED = ["tag", "person", "place", "category", "object", "camera"] as const;
const isNamed = (facet: Facet): facet is (typeof NAMED)[number] =>
  (NAMED as readonly Facet[]).includes(facet);

function labelOf(facet: Facet, value: string): string {
  return facet === "country" ? countryName(value) : value;
}
