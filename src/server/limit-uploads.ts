/**
 * Keeps uploads from holding the server: only so many arrive at once, and one that hardly moves is cut off. Each open upload
 * holds a connection and a file; a hundred that send a byte a minute would hold them for ever.
 */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { KeepsightError } from "../core/errors.ts";

export interface UploadLimits {
  /** Forms that may arrive at the same time. */
  readonly maxUploads: number;
  /** A request whose sender is slower than this over `patienceMs` is cut off. */
  readonly minBytesPerSecond: number;
  readonly patienceMs: number;
}

/** A telephone on a bad line still sends ten times as much. */
export const SLOWEST_UPLOAD = { minBytesPerSecond: 500, patienceMs: 20_000 } as const;

/** How long whoever comes too many is told to wait, seconds. */
const RETRY_SECONDS = 5;

interface Arriving {
  readonly request: FastifyRequest;
  bytes: number;
}

/** Adds the limits to a server; call it before its routes are added. */
export function limitUploads(server: FastifyInstance, limits: UploadLimits): void {
  const arriving = new Set<Arriving>();
  let uploads = 0;

  server.addHook("onRequest", async (request, reply) => {
    if (!hasBody(request)) return;
    if (isForm(request)) {
      if (uploads >= limits.maxUploads) {
        reply.header("retry-after", RETRY_SECONDS);
        throw new KeepsightError(
          "rate_limited",
          `${limits.maxUploads} uploads are arriving already; try again in ${RETRY_SECONDS} s.`,
        );
      }
      uploads++;
      // Also fires for answers that are written by hand, and when the client is gone.
      reply.raw.once("close", () => uploads--);
    }
    const entry: Arriving = { request, bytes: request.raw.socket.bytesRead };
    arriving.add(entry);
    reply.raw.once("close", () => arriving.delete(entry));
  });

  const timer = setInterval(() => {
    for (const entry of arriving) look(entry);
  }, limits.patienceMs);
  timer.unref();
  server.addHook("onClose", async () => clearInterval(timer));

  function look(entry: Arriving): void {
    const { raw } = entry.request;
    if (raw.complete) return void arriving.delete(entry);
    const { bytesRead } = raw.socket;
    const wanted = (limits.minBytesPerSecond * limits.patienceMs) / 1000;
    // What has arrived and lies here is waiting for us: the sender is not to blame.
    const isOurTurn = raw.readableLength > 0 || raw.isPaused();
    if (!isOurTurn && bytesRead - entry.bytes < wanted) {
      entry.request.log.info({ url: entry.request.url }, "a request that hardly moved was cut off");
      raw.destroy(new Error("it arrived too slowly"));
    }
    entry.bytes = bytesRead;
  }
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function isForm({ headers }: FastifyRequest): boolean {
  return headers["content-type"]?.toLowerCase().startsWith("multipart/") === true;
}
