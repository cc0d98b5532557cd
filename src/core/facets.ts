/** What photos can be counted by. */
export const FACETS = [
  "category",
  "tag",
  "object",
  "person",
  "place",
  "country",
  "year",
  "camera",
  "format",
  "has",
] as const;
export type Facet = (typeof FACETS)[number];

/** A value with on how many photos it is. */
export interface FacetCount {
  readonly value: string;
  readonly count: number;
}
