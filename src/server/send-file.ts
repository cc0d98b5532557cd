import { createReadStream } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { isFileMissing, KeepsightError } from "../core/errors.ts";
import { readRange, type ByteRange } from "./byte-range.ts";

/** A file that answers a request. */
export interface ServedFile {
  readonly path: string;
  readonly type: string;
  readonly cacheControl: string;
  /** What to say when there is no such file. */
  readonly missing: string;
}

/**
 * Sends a file with validators, answering conditional requests and single byte ranges (RFC 9110). Throws `not_found` when
 * there is no file, `file_unreadable` when it cannot be read.
 */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: ServedFile,
): Promise<FastifyReply> {
  const handle = await openFile(file);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new KeepsightError("file_unreadable", file.missing);
    const { size, mtimeMs } = stats;
    const etag = `"${size.toString(36)}-${Math.trunc(mtimeMs).toString(36)}"`;
    reply.header("etag", etag).header("cache-control", file.cacheControl).header("accept-ranges", "bytes");
    if (isKnown(request.headers["if-none-match"], etag)) {
      await handle.close();
      return reply.code(304).send();
    }
    reply.type(file.type);
    const range = isSameVersion(request, etag) ? readRange(request.headers.range, size) : undefined;
    if (range === "unsatisfiable") {
      await handle.close();
      return reply.code(416).header("content-range", `bytes */${size}`).send();
    }
    if (range !== undefined)
      reply.code(206).header("content-range", `bytes ${range.start}-${range.end}/${size}`);
    return await sendPart(request, reply, handle, range ?? { start: 0, end: size - 1 });
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw error;
  }
}

async function sendPart(
  request: FastifyRequest,
  reply: FastifyReply,
  handle: FileHandle,
  { start, end }: ByteRange,
): Promise<FastifyReply> {
  const length = end - start + 1;
  reply.header("content-length", length);
  if (request.method !== "HEAD" && length > 0)
    return reply.send(createReadStream("", { fd: handle, start, end }));
  await handle.close();
  // With a stream, even an empty one, Fastify leaves the length alone.
  return reply.send(Readable.from([]));
}

/** Whether the client has this version already (RFC 9110 §13.1.2, weak comparison). */
function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const given = header.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return given.includes(etag) || given.includes("*");
}

/** Whether a part may be sent: the parts that the client has are of this version (RFC 9110 §13.1.5). */
function isSameVersion(request: FastifyRequest, etag: string): boolean {
  const known = request.headers["if-range"];
  return known === undefined || known === etag;
}

async function openFile({ path, missing }: ServedFile): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    const code = isFileMissing(error) ? "not_found" : "file_unreadable";
    throw new KeepsightError(code, missing, { cause: error });
  }
}
