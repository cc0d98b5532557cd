import type { Facet, FacetCount } from "../core/facets.ts";
import type { PhotoFilter } from "../core/photo-filter.ts";
import type { Database } from "./database.ts";

/** How often each value is among some photos. */
export interface FacetCounts {
  /** How many photos these are. */
  readonly total: number;
  /** The most frequent values of each facet that was asked for, in the order of asking. */
  readonly counts: readonly (readonly FacetCount[])[];
}

/** Counts of photos by what they have. */
export interface FacetStore {
  /**
   * Counts these facets, at most `limit` values of each, among the photos that pass the filter. In a library of many
   * thousand photos values may be those of some seconds ago while others write; which photos pass the filter is always
   * current.
   */
  count(facets: readonly Facet[], filter: PhotoFilter, limit: number): Promise<FacetCounts>;
}

/** Counts of facets in this database, in a reader's thread. */
export function createFacetStore({ database }: { readonly database: Database }): FacetStore {
  return {
    async count(facets, filter, limit) {
      const among = await database.runTask("findPassing", { filter });
      return database.runTask("countFacets", { facets, among, limit });
    },
  };
}
