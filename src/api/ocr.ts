import { z } from "zod";

const Picture = z.string().meta({ contentMediaType: "image/*" });

/** Fields of `POST /ocr/predict` and `POST /ocr/predict_batch` beside the pictures. */
export const OcrFields = z.object({
  minConfidence: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe("Only lines of which the reader is so sure"),
});
export const OcrForm = OcrFields.extend({ file: Picture.describe("The picture; it is not kept") });

/** One line of text that was read, in reading order. */
export const OcrLine = z
  .object({
    text: z.string(),
    confidence: z.number().describe("Mean over its characters, 0–1"),
    quad: z.array(z.number()).length(8).describe("Corners x1,y1,…,x4,y4, pixels of the upright picture"),
    normalizedQuad: z.array(z.number()).length(8).describe("The same in fractions (0–1)"),
  })
  .meta({ id: "OcrLine" });
export type OcrLine = z.infer<typeof OcrLine>;

/** The text in a picture that is not in the library. */
export const OcrResult = z
  .object({
    width: z.number().int(),
    height: z.number().int(),
    text: z.string().describe("All lines in reading order, one a line"),
    lineCount: z.number().int(),
    lines: z.array(OcrLine),
    modelId: z.string().nullable(),
  })
  .meta({ id: "OcrResult" });
export type OcrResult = z.infer<typeof OcrResult>;

/** What became of one picture of a batch. */
export const OcrBatchResult = z
  .object({
    status: z.enum(["done", "failed"]),
    fileName: z.string(),
    result: OcrResult.nullable(),
    reason: z.string().nullable(),
    code: z.string().nullable(),
  })
  .meta({ id: "OcrBatchResult" });
export type OcrBatchResult = z.infer<typeof OcrBatchResult>;

/** The text in a photo of the library. */
export const PhotoText = OcrResult.extend({
  photoId: z.number().int(),
  status: z
    .enum(["pending", "running", "done", "failed", "skipped"])
    .describe("How far reading this photo is; what was read before is given until it ends"),
  reason: z.string().nullable().describe("Why reading failed or was skipped"),
}).meta({ id: "PhotoText" });
export type PhotoText = z.infer<typeof PhotoText>;
