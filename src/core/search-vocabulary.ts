/**
 * The fields of a photo in which words are looked for: words in the photo, tags, objects, persons, file name, captions, and
 * the city and country where it was taken.
 */
export const TEXT_FIELDS = ["text", "tags", "objects", "people", "fileName", "caption", "place"] as const;
export type TextField = (typeof TEXT_FIELDS)[number];

/** What can find a photo: a field of text, spelling that is only similar, its meaning, that of an object in it, or a taught concept. */
export const SEARCH_CHANNELS = [...TEXT_FIELDS, "fuzzy", "meaning", "objectMeaning", "concept"] as const;
export type SearchChannel = (typeof SEARCH_CHANNELS)[number];

/** What a completion of a search can be. */
export const SUGGESTION_KINDS = [
  "person",
  "place",
  "tag",
  "category",
  "concept",
  "object",
  "camera",
  "date",
  "search",
  "word",
] as const;
export type SuggestionKind = (typeof SUGGESTION_KINDS)[number];

/** In which order photos that were found are listed. */
export const SEARCH_SORTS = ["relevance", "newest", "oldest"] as const;
export type SearchSort = (typeof SEARCH_SORTS)[number];

/** What a part of a query can be understood as. */
export const CHIP_KINDS = [
  "person",
  "tag",
  "category",
  "concept",
  "class",
  "text",
  "near",
  "place",
  "before",
  "after",
  "date",
  "camera",
  "format",
  "folder",
  "album",
  "rating",
  "has",
  "duplicates",
  "word",
] as const;
export type ChipKind = (typeof CHIP_KINDS)[number];

/** What can be wrong with a query. */
export const QUERY_PROBLEMS = [
  "unknown-operator",
  "missing-value",
  "unclosed-quote",
  "invalid-date",
  "invalid-number",
  "invalid-value",
  "unknown-person",
  "unknown-place",
  "unknown-category",
  "unknown-concept",
  "unknown-album",
  "corrected",
] as const;
export type QueryProblemCode = (typeof QUERY_PROBLEMS)[number];

/** Filters whose values are counted among the photos found. */
export const FACET_NAMES = [
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
