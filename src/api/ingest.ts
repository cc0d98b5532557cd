import { z } from "zod";

const FormBoolean = (fallback: boolean) =>
  z.union([z.boolean(), z.enum(["true", "false"]).transform((value) => value === "true")]).default(fallback);

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
  enableOcr: FormBoolean(true),
  enableFaces: FormBoolean(true),
  enableObjects: FormBoolean(true),
  enableDuplicates: FormBoolean(true),
  skipDuplicates: FormBoolean(true).describe(
    "A file whose bytes are known already is answered with the known photo",
  ),
  detectNearDuplicates: FormBoolean(true),
  nearDuplicateThreshold: z.coerce.number().min(0).max(1).default(0.99),
});
export type IngestOptions = z.infer<typeof IngestOptions>;

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
