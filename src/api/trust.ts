import { z } from "zod";
import { SECTIONS, VERDICTS } from "../core/search-trust.ts";

/** How far a hit can be trusted. */
export const Section = z
  .enum(SECTIONS)
  .meta({ id: "Section" })
  .describe("strong: it matches; maybe: it is more like the query than chance would have it");
export type Section = z.infer<typeof Section>;

/** What a search comes to. */
export const Verdict = z
  .enum(VERDICTS)
  .meta({ id: "Verdict" })
  .describe("The best section that has hits; `nothing`: no photo matches");
export type Verdict = z.infer<typeof Verdict>;

/** How many hits are in each section; strong ones come first, so that `strong` is also where the others begin. */
export const SectionCounts = z
  .object({ strong: z.number().int(), maybe: z.number().int() })
  .meta({ id: "SectionCounts" });
export type SectionCounts = z.infer<typeof SectionCounts>;

/** What the similarities of one model mean in this library. */
export const Background = z
  .object({
    modelId: z.string(),
    texts: z.number().int().describe("Unrelated texts that every photo is compared with"),
    photos: z.number().int().describe("Photos that were drawn for the pairs"),
    textPairs: z.object({
      median: z.number().describe("Similarity of a text and a photo that have nothing to do with each other"),
      spread: z.number().describe("Standard deviation of the upper half"),
    }),
    photoPairs: z
      .object({ median: z.number(), spread: z.number() })
      .describe("Of two photos drawn at random"),
    strongPhotoSimilarity: z.number().describe("Similarity from which two photos are surely alike"),
    maybePhotoSimilarity: z.number(),
    computedAt: z.string().describe("ISO 8601, UTC"),
  })
  .meta({ id: "Background" });
/** Answer of `GET /search/backgrounds`. */
export const BackgroundList = z.object({ items: z.array(Background) });
