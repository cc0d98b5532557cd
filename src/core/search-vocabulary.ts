/** The fields of a photo in which words are looked for: words in the photo, tags and objects, persons, file name, captions. */
export const TEXT_FIELDS = ["text", "tags", "people", "fileName", "caption"] as const;
export type TextField = (typeof TEXT_FIELDS)[number];

/** What can find a photo: a field of text, spelling that is only similar, or its meaning. */
export const SEARCH_CHANNELS = [...TEXT_FIELDS, "fuzzy", "meaning"] as const;
export type SearchChannel = (typeof SEARCH_CHANNELS)[number];

/** What a completion of a search can be. */
export const SUGGESTION_KINDS = ["tag", "person", "category", "camera", "word"] as const;
export type SuggestionKind = (typeof SUGGESTION_KINDS)[number];
