import type { FastifyError, FastifyRequest } from "fastify";
import { KeepsightError } from "../core/errors.ts";

/** The parts of a multipart form in their order; `files` of them may be files of at most `maxUploadBytes` each. */
export async function* readForm(
  request: FastifyRequest,
  { files, maxUploadBytes }: { readonly files: number; readonly maxUploadBytes: number },
) {
  checkMultipart(request);
  // One byte more than is allowed, so that the upload itself finds out that it is too large.
  const limits = { files, fileSize: maxUploadBytes + 1, fields: 50, fieldSize: 16_384, parts: files + 50 };
  try {
    yield* request.parts({ limits });
  } catch (error) {
    throw describeBrokenForm(error, files);
  }
}

/** Throws `unsupported_media` for a request without a form. */
export function checkMultipart(request: FastifyRequest): void {
  if (request.isMultipart()) return;
  throw new KeepsightError("unsupported_media", "Send the photo as multipart/form-data.");
}

/** Why a form could not be read to its end, in our words. */
function describeBrokenForm(error: unknown, files: number): KeepsightError {
  const { code = "", message } = error as Partial<FastifyError>;
  if (code === "FST_FILES_LIMIT") {
    const most = files === 1 ? "one file; send several to /ingest/batch" : `${files} files`;
    return new KeepsightError("too_large", `One request takes ${most}.`, { cause: error });
  }
  if (code === "FST_PARTS_LIMIT" || code === "FST_FIELDS_LIMIT")
    return new KeepsightError("too_large", "The form has too many fields.", { cause: error });
  return new KeepsightError("bad_request", `The form cannot be read: ${message}.`, { cause: error });
}
