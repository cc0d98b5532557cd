import { countryName } from "../../core/country-names.ts";
import { type Facet, type FacetCount, FACETS } from "../../core/facets.ts";
import type { FacetStore } from "../../database/facet-store.ts";
import { passedFilter } from "../../database/photo-filter.ts";
import type { PhotoQuery, PhotoSearch } from "./search-photos.ts";

/** Counts over many photos take a second: the same question again is answered from memory for so long, milliseconds. */
const FRESH_MS = 15_000;

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
  readonly search: Pick<PhotoSearch, "findIds">;
  readonly now?: () => number;
}

/** Counts, for everything that a query finds, what else could narrow it down; see {@link FacetAnswer}. */
export function createCountFacets({ store, search, now = Date.now }: CountFacetsOptions) {
  const remembered = new Map<string, { readonly at: number; readonly answer: Promise<FacetAnswer> }>();

  async function count(query: FacetQuery): Promise<FacetAnswer> {
    const found = await search.findIds(query);
    const wanted = query.facets ?? FACETS;
    const filter = found === undefined ? query.filter : passedFilter([...found.ids]);
    const { total, counts } = await store.count(wanted, filter, query.limit);
    const facets = Object.fromEntries(FACETS.map((facet) => [facet, [] as readonly FacetValue[]]));
    wanted.forEach((facet, i) => {
      facets[facet] = counts[i]!.map(({ value, count: on }) => ({
        value,
        label: labelOf(facet, value),
        count: on,
      }));
    });
    return { total, isExact: found?.isExact ?? true, facets: facets as FacetAnswer["facets"] };
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

function labelOf(facet: Facet, value: string): string {
  return facet === "country" ? countryName(value) : value;
}
