import { z } from "zod";
import { Id, NormalizedBox, PageQuery } from "./common.ts";
import { PhotoFilterQuery, PhotoSummary } from "./photos.ts";
import { Section, SectionCounts, Verdict } from "./trust.ts";

/** A part of a photo, fractions of it; it must lie inside and have a size. */
const Region = z
  .object({
    x: z.number().min(0).max(1),
    y: z.number().min(0).max(1),
    width: z.number().gt(0).max(1),
    height: z.number().gt(0).max(1),
  })
  .refine(({ x, width }) => x + width <= 1.001, {
    path: ["width"],
    message: "the box ends outside the photo",
  })
  .refine(({ y, height }) => y + height <= 1.001, {
    path: ["height"],
    message: "the box ends outside the photo",
  });

const Weight = z.number().min(-4).max(4).default(1).describe("Below 0: less of it");
const Words = z.string().trim().min(1).max(1000);

/** One part of what photos are to be like. */
export const SimilarTerm = z.union([
  z.object({ text: Words, weight: Weight }),
  z.object({ photoId: Id, box: Region.optional().describe("Only this part of the photo"), weight: Weight }),
  z.object({ conceptId: z.uuid(), weight: Weight }),
]);

/** The filters of the search as a JSON object: the same names and values as its query parameters. */
export const SimilarFilter = PhotoFilterQuery.extend({
  hasFaces: z.boolean().optional(),
  hasText: z.boolean().optional(),
  hasGps: z.boolean().optional(),
  isFavourite: z.boolean().optional(),
});

const Options = z.object({
  ...PageQuery.shape,
  filter: SimilarFilter.optional().describe("Filters, as the search takes them"),
  minSimilarity: z.number().min(-1).max(1).optional().describe("Cosine similarity; by default as calibrated"),
  limit: Id.max(100).optional().describe("Most photos on the page: `pageSize` by its former name"),
});

/**
 * Body of `POST /search/similar`: a photo or a part of it, more and less of some words, and whatever else is to be added
 * or taken away.
 */
export const SimilarRequest = Options.extend({
  photoId: Id.optional().describe("A photo of the library"),
  box: Region.optional().describe("Only this part of the photo"),
  text: Words.optional().describe("More of this, such as `at night`"),
  without: Words.optional().describe("Less of this, such as `people`"),
  textWeight: z.number().gt(0).max(4).default(1).describe("How much the words count beside the picture"),
  terms: z
    .array(SimilarTerm)
    .max(20)
    .default([])
    .describe("More to be added or, with weights below 0, taken away"),
});

const json = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value, context) => {
    if (typeof value !== "string") return value;
    try {
      return JSON.parse(value) as unknown;
    } catch {
      context.addIssue("expected JSON");
      return z.NEVER;
    }
  }, schema);

/** Fields of the same with a picture that is no photo of the library; the picture is not kept. */
export const SimilarFields = Options.extend({
  box: json(Region.optional()),
  text: Words.optional(),
  without: Words.optional(),
  textWeight: z.coerce.number().gt(0).max(4).default(1),
  terms: json(z.array(SimilarTerm).max(20).default([])),
  filter: json(SimilarFilter.optional()),
  minSimilarity: z.coerce.number().min(-1).max(1).optional(),
});
/** The form as the documentation shows it. */
export const SimilarForm = SimilarFields.extend({ file: z.string().meta({ format: "binary" }) });

/** What the similarity of two pictures was made of. */
export const SIMILAR_METHODS = ["meaning", "looks", "faces"] as const;

/** Photos like what was given, the most similar first. */
export const SimilarResult = z
  .object({
    items: z.array(
      z.object({
        photo: PhotoSummary,
        similarity: z.number().describe("Cosine similarity, or the share of equal bits of the hash"),
        section: Section,
        boxes: z.array(NormalizedBox).describe("Faces that matched"),
      }),
    ),
    total: z.number().int(),
    page: z.number().int(),
    pageSize: z.number().int(),
    sections: SectionCounts,
    verdict: Verdict,
    method: z
      .enum(SIMILAR_METHODS)
      .describe(
        "By the text-image model, by perceptual hash where none has looked at the picture, or by the recogniser of faces",
      ),
    modelId: z.string().nullable().describe("The model whose similarities these are"),
    notice: z.string().nullable(),
  })
  .meta({ id: "SimilarResult" });
export type SimilarResult = z.infer<typeof SimilarResult>;

/** Body of `POST /search/faces`: photos in which all of these faces are, or any. */
export const FacesRequest = Options.extend({
  faceIds: z.array(Id).min(1).max(20).describe("Faces of the library, each of another person"),
  mode: z.enum(["all", "any"]).default("all").describe("All of them in one photo, or any of them"),
});
