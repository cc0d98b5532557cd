import { z } from "zod";
import { SEARCH_CHANNELS, SUGGESTION_KINDS } from "../core/search-vocabulary.ts";
import { PageQuery, NormalizedBox, repeatable } from "./common.ts";
import { PhotoFilterQuery, PhotoSummary } from "./photos.ts";

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
    .describe("What to look for; empty lists what the filters leave, newest first"),
  mode: z.enum(SEARCH_MODES).default("hybrid").describe("Words, meaning, or both"),
});
export type SearchQuery = z.infer<typeof SearchQuery>;

/** Why a photo was found. */
export const SearchReason = z
  .object({
    channel: z
      .enum(SEARCH_CHANNELS)
      .describe(
        "What found it: words in the photo, tags and objects, persons, file name, caption, spelling, meaning",
      ),
    rank: z.number().int().nullable().describe("Place in that channel's own list, from 1"),
    similarity: z.number().optional().describe("Cosine similarity (meaning only)"),
    matches: z.array(z.string()).describe("The words that matched"),
    boxes: z.array(NormalizedBox).describe("Where in the photo"),
  })
  .meta({ id: "SearchReason" });
export type SearchReason = z.infer<typeof SearchReason>;

/** A photo that was found, and why. */
export const SearchHit = z
  .object({ photo: PhotoSummary, score: z.number(), reasons: z.array(SearchReason) })
  .meta({ id: "SearchHit" });
export type SearchHit = z.infer<typeof SearchHit>;

/** One page of what was found. */
export const SearchResult = z
  .object({
    items: z.array(SearchHit),
    total: z.number().int(),
    page: z.number().int(),
    pageSize: z.number().int(),
    mode: SearchMode.describe("The mode that really ran"),
    notice: z
      .string()
      .nullable()
      .describe("Something the user should know, such as a missing text-image model"),
    durationMs: z.number(),
  })
  .meta({ id: "SearchResult" });
export type SearchResult = z.infer<typeof SearchResult>;

/** Body of `POST /search/similar`. */
export const SimilarRequest = z.object({
  photoId: z.number().int().min(1),
  limit: z.number().int().min(1).max(100).default(24),
});
/** Photos like a photo, the most similar first. */
export const SimilarResult = z
  .object({
    items: z.array(z.object({ photo: PhotoSummary, similarity: z.number() })),
    method: z
      .enum(["meaning", "looks"])
      .describe("By embedding, or by perceptual hash where no embedding exists"),
    notice: z.string().nullable(),
  })
  .meta({ id: "SimilarResult" });
export type SimilarResult = z.infer<typeof SimilarResult>;

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
      }),
    ),
  })
  .meta({ id: "SuggestResult" });
export type SuggestResult = z.infer<typeof SuggestResult>;
