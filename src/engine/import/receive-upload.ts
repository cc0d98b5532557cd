import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { Transform, type Readable } from "node:stream";
import { KeepsightError } from "../../core/errors.ts";

/**
 * Writes what arrives to a new file. Throws `too_large` beyond `maxBytes`, `bad_request` when nothing arrives or the sender
 * breaks off, `unavailable` when it cannot be stored; what was written by then stays for the caller to remove.
 */
export async function receiveUpload(stream: Readable, path: string, maxBytes: number): Promise<void> {
  let received = 0;
  const limit = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      const isTooLarge = received > maxBytes;
      done(isTooLarge ? new KeepsightError("too_large", tooLargeMessage(maxBytes)) : null, chunk);
    },
  });
  try {
    await pipeline(stream, limit, createWriteStream(path, { flags: "wx", flush: true }));
  } catch (error) {
    throw toReceiveError(error);
  }
  if (received === 0) throw new KeepsightError("bad_request", "The uploaded file is empty.");
}

function tooLargeMessage(maxBytes: number): string {
  return `The file is larger than ${Math.round(maxBytes / 1024 / 1024)} MB, the most this server accepts (KEEPSIGHT_MAX_UPLOAD_MB).`;
}

/** A stream that broke off is the client's matter; a disk that is full or broken is ours. */
function toReceiveError(error: unknown): KeepsightError {
  if (error instanceof KeepsightError) return error;
  const { syscall, message } = error as NodeJS.ErrnoException;
  const isOurs = syscall !== undefined && syscall !== "read";
  if (isOurs)
    return new KeepsightError("unavailable", `The upload could not be stored: ${message}`, { cause: error });
  return new KeepsightError("bad_request", `The upload broke off: ${message}`, { cause: error });
}
