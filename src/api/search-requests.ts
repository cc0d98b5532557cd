import { z } from "zod";
import { NormalizedBox } from "./common.ts";
import { DateOrDay, PhotoSummary } from "./photos.ts";
import { SEARCH_MODES, SearchHit, SearchMode } from "./search.ts";

/** Searches for programs: a question in, the best answers out; `GET /search` is the one for people. */

const Words = z.string().min(1).max(1000);
const Most = z.number().int().min(1).max(500).default(20);
const Cursor = z
  .string()
  .max(100)
  .optional()
  .describe("`nextCursor` of the page before: what was found then goes on");
const Classes = z.array(z.string().min(1).max(200)).max(100);
const Confidence = z.number().min(0).max(1);

/** Query of `GET /search/text`. */
export const TextSearchQuery = z.object({
  q: Words.describe("What the photos show, in plain words"),
  k: z.coerce.number().int().min(1).max(500).default(20).describe("Most photos to give"),
  mode: z.enum(SEARCH_MODES).default("semantic").describe("By meaning, words, or both"),
});

/** Body of `POST /search/hybrid`. */
export const HybridRequest = z.object({
  textQuery: z.string().max(1000).default("").describe("Words, meaning; empty: what the filters leave"),
  classes: Classes.optional().describe("Objects, all of them"),
  minConfidence: Confidence.default(0).describe("Of each of these objects"),
  dateRange: z
    .object({
      from: DateOrDay.optional().describe("Taken at or after"),
      to: DateOrDay.optional().describe("Taken at or before"),
    })
    .optional(),
  tags: z.array(z.string().min(1).max(200)).max(100).optional().describe("All of them"),
  categories: z.array(z.string().min(1).max(200)).max(100).optional().describe("Any of them"),
  persons: z.array(z.string().min(1).max(300)).max(100).optional().describe("All of them, by name"),
  mode: z.enum(SEARCH_MODES).default("hybrid"),
  limit: Most.describe("Most photos to give"),
  offset: z.number().int().min(0).max(1_000_000).default(0).describe("Photos to leave out first"),
});

/** The best answers to a question. */
export const FoundPhotos = z
  .object({
    items: z.array(SearchHit),
    total: z.number().int(),
    mode: SearchMode.describe("The mode that really ran"),
    notice: z.string().nullable(),
    durationMs: z.number(),
  })
  .meta({ id: "FoundPhotos" });

/** Body of `POST /search/objects`. */
export const ObjectSearchRequest = z.object({
  query: Words.describe("What the object is, in plain words"),
  classes: Classes.optional().describe("Only photos with objects of all these classes"),
  minConfidence: Confidence.default(0).describe("Of these objects"),
  limit: Most.describe("Most photos to give"),
  cursor: Cursor,
});

/** Body of `POST /search/ocr`. */
export const OcrSearchRequest = z.object({
  query: Words.describe("Words that the photo shows; parts of words and small mistakes do"),
  limit: Most.describe("Most photos to give"),
  cursor: Cursor,
});

/** A photo with where in it the thing is. */
export const FoundPlace = z
  .object({
    photo: PhotoSummary,
    score: z.number(),
    similarity: z.number().nullable().describe("Cosine similarity, where meaning found it"),
    matches: z.array(z.string()).describe("The words or classes that matched"),
    boxes: z.array(NormalizedBox).describe("Fractions (0–1) of the upright photo"),
  })
  .meta({ id: "FoundPlace" });
export const FoundPlaces = z
  .object({
    items: z.array(FoundPlace),
    nextCursor: z.string().nullable().describe("For the next page; null on the last one"),
    notice: z.string().nullable(),
    durationMs: z.number(),
  })
  .meta({ id: "FoundPlaces" });
