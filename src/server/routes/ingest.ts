import { isAbsolute } from "node:path";
import type { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import { JobAccepted } from "../../api/common.ts";
import { IngestDirectory, IngestForm, IngestOptions, IngestResult } from "../../api/ingest.ts";
import { KeepsightError } from "../../core/errors.ts";
import type { Step } from "../../core/photo-analysis.ts";
import { withoutUndefined } from "../../core/without-undefined.ts";
import type { LibraryFolders } from "../../engine/import/library-folders.ts";
import type { UploadRequest, Uploads } from "../../engine/import/upload-photo.ts";
import type { ApiServer } from "../api-server.ts";
import { contentOf } from "../documentation.ts";
import { describeProblem } from "../problem.ts";
import { checkMultipart, readForm } from "../read-form.ts";
import { parseStrictly } from "../unknown-fields.ts";
import { sendLines } from "../send-lines.ts";

/** Most files of one batch. */
const BATCH_FILES = 64;

export interface IngestRoutesOptions {
  readonly uploads: Uploads;
  readonly folders: LibraryFolders;
  readonly maxUploadBytes: number;
}

/** Taking in photos: one file, a batch with results as they come, a folder on the server. */
export function addIngestRoutes(
  server: ApiServer,
  { uploads, folders, maxUploadBytes }: IngestRoutesOptions,
): void {
  server.post(
    "/ingest",
    {
      config: { form: IngestForm },
      schema: {
        tags: ["ingest"],
        summary: "Upload one photo",
        consumes: ["multipart/form-data"],
        response: { 200: IngestResult, 202: IngestResult },
      },
    },
    async (request, reply) => {
      const result = await takeOne(request);
      return reply.code(result.status === "accepted" ? 202 : 200).send(result);
    },
  );

  server.post(
    "/ingest/batch",
    {
      config: { form: IngestForm },
      schema: {
        tags: ["ingest"],
        summary: "Upload up to 64 photos; one JSON result a line as each is taken in",
        description:
          "Fields apply to the files after them. Once results flow, what fails is a line `rejected`.",
        consumes: ["multipart/form-data"],
        response: {
          200: contentOf("One `IngestResult` a line, in the order of the files", "application/x-ndjson"),
        },
      },
    },
    async (request, reply) => {
      checkMultipart(request);
      await sendLines<IngestResult>(reply, async (send) => {
        try {
          await takeBatch(request, send);
        } catch (error) {
          send(reject("", error, request));
        }
      });
    },
  );

  server.post(
    "/ingest/directory",
    {
      schema: {
        tags: ["ingest"],
        summary: "Import a folder on the server and watch it",
        body: IngestDirectory,
        response: { 202: JobAccepted },
      },
    },
    async ({ body }, reply) => {
      if (!isAbsolute(body.path)) {
        throw new KeepsightError(
          "bad_request",
          `path: give the whole path of the folder, not "${body.path}".`,
        );
      }
      const { jobId } = await folders.add(body.path);
      return reply.code(202).send({ jobId });
    },
  );

  /** Takes in the request's only file with the fields on either side of it. */
  async function takeOne(request: FastifyRequest): Promise<IngestResult> {
    const fields: Record<string, unknown> = {};
    const described = Promise.withResolvers<IngestOptions>();
    // Whoever waits for it hears of a failure; nobody may be waiting yet.
    described.promise.catch(() => undefined);
    let added: Promise<IngestResult> | undefined;
    try {
      for await (const part of readForm(request, { files: 1, maxUploadBytes })) {
        if (part.type === "field") fields[part.fieldname] = part.value;
        else {
          added = addFile(part.file, part.filename ?? "", described.promise);
          added.catch(() => undefined);
        }
      }
      described.resolve(parseStrictly(IngestOptions, fields));
    } catch (error) {
      described.reject(error);
      // What the upload itself says comes first: a file too large also breaks the form off.
      await added;
      throw error;
    }
    if (added === undefined)
      throw new KeepsightError("bad_request", "The request has no file; send it as the part `file`.");
    return added;
  }

  /** Hands each file on with the fields before it, and tells what became of it before the next is read. */
  async function takeBatch(request: FastifyRequest, tell: (result: IngestResult) => void): Promise<void> {
    const fields: Record<string, unknown> = {};
    for await (const part of readForm(request, { files: BATCH_FILES, maxUploadBytes })) {
      if (part.type === "field") {
        fields[part.fieldname] = part.value;
        continue;
      }
      const fileName = part.filename ?? "";
      try {
        tell(await addFile(part.file, fileName, parseStrictly(IngestOptions, fields)));
      } catch (error) {
        part.file.resume();
        tell(reject(fileName, error, request));
      }
    }
  }

  async function addFile(
    file: Readable,
    fileName: string,
    options: IngestOptions | Promise<IngestOptions>,
  ): Promise<IngestResult> {
    const added = await uploads.add(file, describeUpload(fileName, options));
    const isNew = added.status === "accepted";
    return {
      status: added.status,
      fileName,
      photoId: added.photoId,
      jobId: isNew ? added.jobId : null,
      duplicateOf: isNew ? null : added.photoId,
      reason: isNew ? null : "This photo is in the library already.",
      code: null,
    };
  }
}

async function describeUpload(
  fileName: string,
  options: IngestOptions | Promise<IngestOptions>,
): Promise<UploadRequest> {
  const described = await options;
  const { tags, skipDuplicates, imageId } = described;
  return {
    fileName,
    tags,
    skipDuplicates,
    withoutSteps: unwantedSteps(described),
    ...nearWish(described),
    ...(imageId === undefined ? {} : { externalId: imageId }),
  };
}

/** What the caller said of near duplicates; nothing where that is left to the settings. */
function nearWish({
  detectNearDuplicates,
  nearDuplicateThreshold,
}: IngestOptions): Pick<UploadRequest, "near"> {
  const near = withoutUndefined({ detectNear: detectNearDuplicates, nearThreshold: nearDuplicateThreshold });
  return Object.keys(near).length === 0 ? {} : { near };
}

function unwantedSteps(options: IngestOptions): Step[] {
  const steps: Step[] = [];
  if (!options.enableOcr) steps.push("ocr");
  if (!options.enableFaces) steps.push("faces");
  if (!options.enableObjects) steps.push("objects");
  if (!options.enableDuplicates) steps.push("duplicates");
  return steps;
}

/** The line of a file that was not taken in; a fault of ours goes to the log. */
function reject(fileName: string, error: unknown, request: FastifyRequest): IngestResult {
  const { status, detail, code } = describeProblem(error);
  if (status >= 500) request.log.error({ err: error, fileName }, "upload failed");
  return {
    status: "rejected",
    fileName,
    photoId: null,
    jobId: null,
    duplicateOf: null,
    reason: detail,
    code,
  };
}
