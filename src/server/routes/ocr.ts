import type { FastifyRequest } from "fastify";
import { type OcrBatchResult, OcrFields, OcrForm, OcrResult, PhotoText } from "../../api/ocr.ts";
import { PhotoParams } from "../../api/people.ts";
import { KeepsightError } from "../../core/errors.ts";
import type { PhotoLibrary } from "../../engine/photo-library.ts";
import type { People } from "../../engine/people/people.ts";
import type { ReceivedPicture } from "../../engine/people/look-at-faces.ts";
import type { ReadPictureText, ReadText } from "../../engine/read-text.ts";
import type { ApiServer } from "../api-server.ts";
import { contentOf } from "../documentation.ts";
import { describeProblem } from "../problem.ts";
import { checkMultipart, readForm } from "../read-form.ts";
import { parseStrictly } from "../unknown-fields.ts";
import { sendLines } from "../send-lines.ts";

const tags = ["ocr"];
const consumes = ["multipart/form-data"];

/** Most pictures of one batch. */
const BATCH_FILES = 64;

/** Coordinates travel with this many decimals of a pixel and of a fraction. */
const PIXEL_DECIMALS = 10;
const FRACTION_DECIMALS = 1e5;

export interface OcrRoutesOptions {
  readonly library: PhotoLibrary;
  readonly readText: ReadPictureText;
  readonly people: People;
  readonly maxUploadBytes: number;
}

/** Text in pictures that are sent, which are not kept, and in photos of the library. */
export function addOcrRoutes(server: ApiServer, options: OcrRoutesOptions): void {
  const { library, readText, people, maxUploadBytes } = options;

  server.post(
    "/ocr/predict",
    {
      config: { form: OcrForm },
      schema: { tags, summary: "Read the text in a picture", consumes, response: { 200: OcrResult } },
    },
    async (request) => {
      const fields: Record<string, unknown> = {};
      const results: Promise<ReadText>[] = [];
      for await (const part of readForm(request, { files: 1, maxUploadBytes })) {
        if (part.type === "field") fields[part.fieldname] = part.value;
        else results.push(settleLater(await readPart(part)));
      }
      if (results[0] === undefined)
        throw new KeepsightError("bad_request", "Send a picture as the part `file`.");
      return toResult(await results[0], parseStrictly(OcrFields, fields));
    },
  );

  server.post(
    "/ocr/predict_batch",
    {
      config: { form: OcrForm },
      schema: {
        tags,
        summary: "Read the text in up to 64 pictures; one JSON result a line as each is read",
        description:
          "Fields apply to the pictures after them. A picture that cannot be read is a line `failed`.",
        consumes,
        response: {
          200: contentOf("One `OcrBatchResult` a line, in the order of the pictures", "application/x-ndjson"),
        },
      },
    },
    async (request, reply) => {
      checkMultipart(request);
      await sendLines<OcrBatchResult>(reply, (send) => readBatch(request, send));
    },
  );

  server.get(
    "/ocr/:photoId",
    {
      schema: {
        tags,
        summary: "The text in a photo of the library",
        params: PhotoParams,
        response: { 200: PhotoText },
      },
    },
    async ({ params: { photoId } }) => {
      const { photo, textLines, steps } = await library.getDetails(photoId);
      const step = steps.find((one) => one.step === "ocr");
      const size = { width: photo.width ?? 0, height: photo.height ?? 0 };
      const { modelId, status = "pending", reason } = step ?? {};
      const read = { size, lines: textLines, ...(modelId === undefined ? {} : { modelId }) };
      return { photoId, status, reason: reason ?? null, ...toResult(read, { minConfidence: 0 }) };
    },
  );

  /** Takes a picture in and begins to read it; it is removed when that has ended. */
  async function readPart(part: { file: Parameters<People["looks"]["receive"]>[0]; filename?: string }) {
    const picture = await people.looks.receive(part.file, part.filename ?? "the picture");
    return { done: readOnce(picture) };
  }

  async function readOnce(picture: ReceivedPicture): Promise<ReadText> {
    try {
      return await readText(picture);
    } finally {
      await people.looks.discard([picture]);
    }
  }

  async function readBatch(request: FastifyRequest, send: (line: OcrBatchResult) => void): Promise<void> {
    const fields: Record<string, unknown> = {};
    try {
      for await (const part of readForm(request, { files: BATCH_FILES, maxUploadBytes })) {
        if (part.type === "field") {
          fields[part.fieldname] = part.value;
          continue;
        }
        const fileName = part.filename ?? "";
        try {
          const wish = parseStrictly(OcrFields, fields);
          const result = toResult(await (await readPart(part)).done, wish);
          send({ status: "done", fileName, result, reason: null, code: null });
        } catch (error) {
          part.file.resume();
          send(fail(fileName, error, request));
        }
      }
    } catch (error) {
      send(fail("", error, request));
    }
  }
}

/** Whoever waits for it hears of a failure; nobody may be waiting yet. */
function settleLater({ done }: { readonly done: Promise<ReadText> }): Promise<ReadText> {
  done.catch(() => undefined);
  return done;
}

function fail(fileName: string, error: unknown, request: FastifyRequest): OcrBatchResult {
  const { status, detail, code } = describeProblem(error);
  if (status >= 500) request.log.error({ err: error, fileName }, "picture could not be read");
  return { status: "failed", fileName, result: null, reason: detail, code };
}

function toResult(
  { size: { width, height }, lines, modelId }: ReadText,
  { minConfidence }: { readonly minConfidence: number },
): OcrResult {
  const wanted = lines.filter(({ score }) => score >= minConfidence);
  const round = (value: number, decimals: number) => Math.round(value * decimals) / decimals;
  return {
    width,
    height,
    text: wanted.map(({ text }) => text).join("\n"),
    lineCount: wanted.length,
    lines: wanted.map(({ text, score, normalizedQuad }) => ({
      text,
      confidence: round(score, FRACTION_DECIMALS),
      quad: normalizedQuad.map((value, i) => round(value * (i % 2 === 0 ? width : height), PIXEL_DECIMALS)),
      normalizedQuad: normalizedQuad.map((value) => round(value, FRACTION_DECIMALS)),
    })),
    modelId: modelId ?? null,
  };
}
