import { z } from "zod";
import { SEARCH_CHANNELS, SEARCH_SORTS, SUGGESTION_KINDS } from "../core/search-vocabulary.ts";
import { PageQuery, NormalizedBox, repeatable } from "./common.ts";
import { PhotoFilterQuery, PhotoSummary } from "./photos.ts";
import { Section, SectionCounts, Verdict } from "./trust.ts";
import { ParsedQuery } from "./search-query.ts";

/** How a search looks: by words and meaning, by words, or by meaning. */
export const SEARCH_MODES = ["hybrid", "keyword", "semantic"] as const;
export const SearchMode = z.enum(SEARCH_MODES).meta({ id: "SearchMode" });
export type SearchMode = z.infer<typeof SearchMode>;

/** Query of `GET /search`. */
export const SearchQuery = PhotoFilterQuery.extend({
  ...PageQuery.shape,
  q: z
    .string()
    .max(1000)
    .default("")
    .describe(
      "What to look for, in plain words or the query language (docs/search.md); empty lists what the filters leave",
    ),
  mode: z.enum(SEARCH_MODES).default("hybrid").describe("Words, meaning, or both"),
  sort: z
    .enum(SEARCH_SORTS)
    .default("relevance")
    .describe("Best match first (without words: newest first), or by the time they were taken"),
  cursor: z
    .string()
    .max(500)
    .optional()
    .describe("`nextCursor` of the page before: no photo twice or left out while others come and go"),
});
export type SearchQuery = z.infer<typeof SearchQuery>;

/** Why a photo was found. */
export const SearchReason = z
  .object({
    channel: z
      .enum(SEARCH_CHANNELS)
      .describe(
        "What found it: words in the photo, tags, objects, persons, file name, caption, city or country, spelling, meaning of the photo, meaning of an object in it",
      ),
    rank: z.number().int().nullable().describe("Place in that channel's own list, from 1"),
    similarity: z.number().optional().describe("Cosine similarity (meaning only)"),
    distinction: z
      .number()
      .optional()
      .describe("How far the query stands out from unrelated texts, in standard deviations (meaning only)"),
    matches: z.array(z.string()).describe("The words that matched"),
    boxes: z.array(NormalizedBox).describe("Where in the photo"),
  })
  .meta({ id: "SearchReason" });
export type SearchReason = z.infer<typeof SearchReason>;

/** A photo that was found, and why. */
export const SearchHit = z
  .object({
    photo: PhotoSummary,
    score: z.number(),
    section: Section.nullable().describe("Null where nothing was looked for"),
    reasons: z.array(SearchReason),
  })
  .meta({ id: "SearchHit" });
export type SearchHit = z.infer<typeof SearchHit>;

/** One page of what was found. */
export const SearchResult = z
  .object({
    items: z.array(SearchHit),
    total: z.number().int(),
    isTotalExact: z
      .boolean()
      .describe("False where only the best matches of a very frequent word were counted"),
    page: z.number().int(),
    pageSize: z.number().int(),
    nextCursor: z.string().nullable().describe("For the next page; null on the last one"),
    query: ParsedQuery.describe("How `q` was understood"),
    sections: SectionCounts,
    verdict: Verdict.nullable().describe("Null where nothing was looked for"),
    mode: SearchMode.describe("The mode that really ran"),
    notice: z
      .string()
      .nullable()
      .describe("Something the user should know, such as a missing text-image model"),
    durationMs: z.number(),
  })
  .meta({ id: "SearchResult" });
export type SearchResult = z.infer<typeof SearchResult>;

/** Query of `GET /search/suggest`. */
export const SuggestQuery = z.object({
  q: z.string().max(200).default("").describe("What has been typed so far"),
  limit: z.coerce.number().int().min(1).max(50).default(10).describe("Most suggestions"),
  kind: repeatable(z.enum(SUGGESTION_KINDS)).describe("Only these kinds"),
});
/** Completions of what is being typed. */
export const SuggestResult = z
  .object({
    items: z.array(
      z.object({
        kind: z.enum(SUGGESTION_KINDS),
        value: z.string(),
        count: z.number().int().describe("Photos that have it"),
        operator: z.string().describe('As the query language writes it, such as `person:"Anna Berg"`'),
        faceId: z.number().int().optional().describe("A face to show beside a person's name"),
        query: z.string().optional().describe("The query string of a saved search"),
      }),
    ),
  })
  .meta({ id: "SuggestResult" });
export type SuggestResult = z.infer<typeof SuggestResult>;
