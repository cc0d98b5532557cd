import type { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import { JobAccepted } from "../../api/common.ts";
import { IngestDirectory, IngestOptions, IngestResult } from "../../api/ingest.ts";
import { KeepsightError, toKeepsightError } from "../../core/errors.ts";
import type { Step } from "../../core/photo-analysis.ts";
import type { LibraryFolders } from "../../engine/import/library-folders.ts";
import type { Uploads } from "../../engine/import/upload-photo.ts";
import type { ApiServer } from "../api-server.ts";

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
      schema: {
        tags: ["ingest"],
        summary: "Upload one photo (multipart: fields first, then `file`)",
        consumes: ["multipart/form-data"],
        response: { 200: IngestResult, 202: IngestResult },
      },
    },
    async (request, reply) => {
      const [result] = await takeParts(request, 1, async (file, fileName, options) => {
        const added = await addFile(file, fileName, options);
        return added;
      });
      if (result === undefined)
        throw new KeepsightError("bad_request", "The request has no file; send it as the part `file`.");
      return reply.code(result.status === "accepted" ? 202 : 200).send(result);
    },
  );

  server.post(
    "/ingest/batch",
    {
      schema: {
        tags: ["ingest"],
        summary: "Upload up to 64 photos; one JSON result a line as each is taken in",
        consumes: ["multipart/form-data"],
        produces: ["application/x-ndjson"],
      },
    },
    async (request, reply) => {
      checkMultipart(request);
      // Results leave while later files still arrive, so the answer is written by hand.
      reply.hijack();
      reply.raw.writeHead(200, {
        "content-type": "application/x-ndjson; charset=utf-8",
        "cache-control": "no-store",
      });
      const write = (result: IngestResult) => reply.raw.write(`${JSON.stringify(result)}\n`);
      try {
        await takeParts(request, BATCH_FILES, async (file, fileName, options) => {
          const result = await addFile(file, fileName, options).catch((error: unknown) =>
            toRejected(fileName, error),
          );
          write(result);
          return result;
        });
      } catch (error) {
        write(toRejected("", error));
      } finally {
        reply.raw.end();
      }
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
      const { jobId } = await folders.add(body.path);
      return reply.code(202).send({ jobId });
    },
  );

  async function addFile(file: Readable, fileName: string, options: IngestOptions): Promise<IngestResult> {
    const added = await uploads.add(file, {
      fileName,
      tags: options.tags,
      skipDuplicates: options.skipDuplicates,
      withoutSteps: unwantedSteps(options),
      ...(options.imageId === undefined ? {} : { externalId: options.imageId }),
    });
    const isNew = added.status === "accepted";
    return {
      status: added.status,
      fileName,
      photoId: added.photoId,
      jobId: isNew ? added.jobId : null,
      duplicateOf: isNew ? null : added.photoId,
      reason: isNew ? null : "These bytes are in the library already.",
      code: null,
    };
  }

  /** Hands each file part on with the fields that came before it. */
  async function takeParts<T>(
    request: FastifyRequest,
    maxFiles: number,
    take: (file: Readable, fileName: string, options: IngestOptions) => Promise<T>,
  ): Promise<T[]> {
    checkMultipart(request);
    const fields: Record<string, unknown> = {};
    const results: T[] = [];
    const limits = {
      files: maxFiles,
      fileSize: maxUploadBytes + 1,
      fields: 50,
      fieldSize: 16_384,
      parts: maxFiles + 50,
    };
    for await (const part of request.parts({ limits })) {
      if (part.type === "field") fields[part.fieldname] = part.value;
      else results.push(await take(part.file, part.filename ?? "", parseOptions(fields)));
    }
    return results;
  }
}

function checkMultipart(request: FastifyRequest): void {
  if (request.isMultipart()) return;
  throw new KeepsightError("unsupported_media", "Send the photo as multipart/form-data.");
}

function parseOptions(fields: Readonly<Record<string, unknown>>): IngestOptions {
  const parsed = IngestOptions.safeParse(fields);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new KeepsightError("bad_request", problems.join("; "));
}

function unwantedSteps(options: IngestOptions): Step[] {
  const steps: Step[] = [];
  if (!options.enableOcr) steps.push("ocr");
  if (!options.enableFaces) steps.push("faces");
  if (!options.enableObjects) steps.push("objects");
  if (!options.enableDuplicates) steps.push("duplicates");
  return steps;
}

function toRejected(fileName: string, thrown: unknown): IngestResult {
  const error = toKeepsightError(thrown);
  return {
    status: "rejected",
    fileName,
    photoId: null,
    jobId: null,
    duplicateOf: null,
    reason: error.message,
    code: error.code,
  };
}
