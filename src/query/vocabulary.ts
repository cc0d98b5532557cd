import type { PhotoFilter } from "../core/photo-filter.ts";

/** A place that a query may name: a city with how far it reaches, or a country. */
export interface QueryPlace {
  /** Its name as it is shown. */
  readonly label: string;
  readonly filter: Pick<PhotoFilter, "near" | "places">;
}

/** Something that the user taught by examples. */
export interface QueryConcept {
  readonly name: string;
  /** Whether any photo is known to show it: while none is, words that happen to be its name are words. */
  readonly isFound: boolean;
}

/** Days that words mean, `YYYY-MM-DD`, inclusive. */
export interface DayRange {
  readonly from: string;
  readonly to: string;
}

/** A part of a text that names days. */
export interface DateSpan extends DayRange {
  readonly start: number;
  readonly end: number;
}

/**
 * What names in a query can mean in this library. Case and diacritics are the implementation's to forgive. `closest…`
 * answers with the one name that is spelt nearly so, if there is one.
 */
export interface QueryVocabulary {
  /** Names of all persons who are called so, in full or by a part of their name. */
  persons(name: string): readonly string[];
  closestPerson(name: string): string | undefined;
  category(name: string): string | undefined;
  closestCategory(name: string): string | undefined;
  /** What the user taught by that name. */
  concept(name: string): QueryConcept | undefined;
  closestConcept(name: string): QueryConcept | undefined;
  place(name: string): QueryPlace | undefined;
  closestPlace(name: string): QueryPlace | undefined;
  album(name: string): string | undefined;
  closestAlbum(name: string): string | undefined;
  /** Dates in words, from left to right, none within another. */
  dates(text: string): readonly DateSpan[];
}
