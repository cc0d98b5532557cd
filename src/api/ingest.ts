import { z } from "zod";

const FormFlag = z.union([z.boolean(), z.enum(["true", "false"]).transform((value) => value === "true")]);
const FormBoolean = (fallback: boolean) => FormFlag.default(fallback);

/** Form fields of `POST /ingest` beside its file, and of `POST /ingest/batch`. */
export const IngestOptions = z.object({
  imageId: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("The caller's own id; the same id again is the same photo"),
  tags: z
    .preprocess(
      (value) =>
        typeof value === "string"
          ? value
              .split(",")
              .map((tag) => tag.trim())
              .filter(Boolean)
          : value,
      z.array(z.string().min(1).max(100)).max(100),
    )
    .default([])
    .describe("Comma-separated tags"),
  enableOcr: FormBoolean(true).describe("Read the text in the photo"),
  enableFaces: FormBoolean(true).describe("Find faces"),
  enableObjects: FormBoolean(true).describe("Find objects"),
  enableDuplicates: FormBoolean(true).describe("Look for duplicates"),
  skipDuplicates: FormBoolean(true).describe(
    "A file whose bytes are known already is answered with the known photo",
  ),
  detectNearDuplicates: FormFlag.optional().describe(
    "Look for photos that are almost the same (default: as set, at first true)",
  ),
  nearDuplicateThreshold: z.coerce
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      "Cosine similarity from which photos count as almost the same (default: as set, at first 0.99)",
    ),
});
export type IngestOptions = z.infer<typeof IngestOptions>;

/** The form of an upload: its fields and the photo. */
export const IngestForm = IngestOptions.extend({
  file: z.string().meta({ contentMediaType: "image/*" }).describe("The photo"),
});

/** What became of one uploaded file. */
export const IngestResult = z
  .object({
    status: z.enum(["accepted", "duplicate", "rejected"]),
    fileName: z.string(),
    photoId: z.number().int().nullable(),
    jobId: z.number().int().nullable(),
    duplicateOf: z.number().int().nullable(),
    reason: z.string().nullable(),
    code: z.string().nullable(),
  })
  .meta({ id: "IngestResult" });
export type IngestResult = z.infer<typeof IngestResult>;

/** Body of `POST /ingest/directory`. */
export const IngestDirectory = z.object({
  path: z
    .string()
    .min(1)
    .max(4096)
    .describe("A folder on the server; it is scanned now and watched from then on"),
});
