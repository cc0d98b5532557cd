import { z } from "zod";

/** Body of `POST /downloads`. */
export const DownloadRequest = z.object({
  photoIds: z.array(z.number().int().min(1)).min(1).max(100_000),
});

/** Originals that can be fetched as one archive. */
export const Download = z
  .object({
    id: z.uuid().describe("What `GET /downloads/{id}` takes"),
    fileCount: z.number().int().describe("Originals in the archive"),
    byteSize: z.number().int().describe("Of the whole archive"),
    missingCount: z.number().int().describe("Photos whose original cannot be had at the moment"),
    missing: z
      .array(
        z.object({
          photoId: z.number().int(),
          fileName: z.string().nullable().describe("Null for photos that are not in the library"),
          reason: z.string(),
        }),
      )
      .describe("The first 100 of them; all are named in a text file in the archive"),
    expiresAt: z.string().describe("Until then it can be fetched, ISO 8601, UTC"),
  })
  .meta({ id: "Download" });
export type Download = z.infer<typeof Download>;

/** Path parameters `{id}` of a download. */
export const DownloadParams = z.object({ id: z.uuid().describe("From `POST /downloads`") });
