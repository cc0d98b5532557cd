import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { KeepsightError } from "../core/errors.ts";
import { type DownloadAddress, isOnHuggingFace } from "./download-address.ts";
import { sha256File } from "./sha256-file.ts";
import { withFileLock } from "./with-file-lock.ts";

/** A connection that brings nothing for this long is given up and tried again. */
const IDLE_TIMEOUT_MS = 30_000;
/** Wait before the second attempt; doubled for each further one. */
const RETRY_DELAY_MS = 1_000;
/** Attempts in a row that bring the file no further before an address is given up. */
const FRUITLESS_ATTEMPTS = 5;
/** Where no size is known, no answer may fill the disk with more than this. */
const MAX_UNKNOWN_BYTES = 16 * 2 ** 30;
/** A pointer of Git LFS has about 130 bytes. */
const MAX_POINTER_BYTES = 1024;
/** An attempt has brought the file further when it gained this many bytes (or an eighth of a small file). */
const GAIN_BYTES = 1 << 20;

export interface DownloadOptions {
  /** Addresses of the same bytes, tried in order; headers are for the host of the address, not for one it redirects to. */
  readonly addresses: readonly DownloadAddress[];
  /** Path the finished file gets; missing folders are made. */
  readonly destination: string;
  /** Unknown when absent: the checksum alone tells whether the file is right. */
  readonly byteSize?: number | undefined;
  readonly sha256: string;
  readonly fetch: typeof fetch;
  readonly signal?: AbortSignal | undefined;
  /** Told the bytes on disk so far, kept ones of an earlier attempt included; may go back when a server starts over. */
  readonly onProgress?: ((receivedBytes: number) => void) | undefined;
  readonly idleTimeoutMs?: number;
  readonly retryDelayMs?: number;
}

/** How one request for (the rest of) the file ended; `position` is the number of bytes that are on disk now. */
type Attempt =
  | { readonly end: "complete"; readonly resumed: boolean }
  | { readonly end: "interrupted"; readonly reason: string; readonly position: number }
  | { readonly end: "refused"; readonly reason: string };

/**
 * Downloads a file of known checksum, so that `destination` either is exactly that file or is left as it was.
 *
 * - Bytes are collected in a `.part` file beside the destination and kept when the download breaks off, is cancelled or
 *   the process dies; the next attempt asks for the rest with a `Range` and starts over where the server knows none.
 * - Every address gets several attempts with growing pauses; refusals (404, another size, other bytes) go on to the next.
 * - Of several callers, here or in other processes, one downloads and the others wait for its result.
 *
 * @throws KeepsightError `download_failed` naming what each address did, `cancelled` when `signal` aborts.
 */
export async function downloadFile(options: DownloadOptions): Promise<void> {
  const { destination, sha256, signal } = options;
  // Naming the part file by its content keeps a changed catalogue from continuing the old file.
  const part = `${destination}.${sha256.slice(0, 8)}.part`;
  try {
    await mkdir(dirname(destination), { recursive: true }).catch(failOnDisk(destination));
    await withFileLock(`${part}.lock`, () => downloadOnce(part, options), signal);
  } catch (error) {
    if (signal?.aborted !== true) throw error;
    const message = `The download of ${basename(destination)} was cancelled; what has arrived is kept for the next one`;
    throw new KeepsightError("cancelled", message, { cause: error });
  }
}

async function downloadOnce(part: string, options: DownloadOptions): Promise<void> {
  const { destination, byteSize, sha256, onProgress } = options;
  const presentBytes = await fileSize(destination);
  if (presentBytes > 0 && presentBytes === (byteSize ?? presentBytes)) {
    if ((await sha256File(destination)) === sha256) {
      onProgress?.(presentBytes);
      return;
    }
  }
  const failures: string[] = [];
  for (const address of options.addresses) {
    const failure = await collectPart(address, part, options);
    if (failure === undefined) return publish(part, destination);
    failures.push(`${address.url} ${failure}`);
  }
  throw new KeepsightError(
    "download_failed",
    `Cannot download ${basename(destination)} (${byteSize ?? "unknown"} bytes): ${failures.join("; ")}. ` +
      "Try again later, name a mirror, or place the file in a local model directory.",
  );
}

/** Brings the part file to its full size with the right checksum; or the reason why this address cannot. */
async function collectPart(
  address: DownloadAddress,
  part: string,
  options: DownloadOptions,
): Promise<string | undefined> {
  const gain = Math.min(GAIN_BYTES, (options.byteSize ?? Infinity) / 8);
  let furthest = await fileSize(part);
  let fruitless = 0;
  let hasStartedOver = false;
  for (;;) {
    const attempt = await requestRest(address, part, options);
    options.signal?.throwIfAborted();
    if (attempt.end === "refused") return attempt.reason;
    if (attempt.end === "complete") {
      const mismatch = await checksumMismatch(part, options.sha256);
      if (mismatch === undefined || !attempt.resumed || hasStartedOver) return mismatch;
      // The first bytes may have come from another, worse address: this one is judged by a file of its own.
      hasStartedOver = true;
      continue;
    }
    fruitless = attempt.position >= furthest + gain ? 0 : fruitless + 1;
    furthest = Math.max(furthest, attempt.position);
    if (fruitless === FRUITLESS_ATTEMPTS) return `${attempt.reason}, ${FRUITLESS_ATTEMPTS} times`;
    const pause = (options.retryDelayMs ?? RETRY_DELAY_MS) * 2 ** Math.max(0, fruitless - 1);
    await delay(pause, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

async function checksumMismatch(part: string, expected: string): Promise<string | undefined> {
  const actual = await sha256File(part);
  if (actual === expected) return undefined;
  const isPointer = await isGitLfsPointer(part);
  await rm(part, { force: true });
  if (isPointer) return "sent Git's pointer to the file instead of the file";
  return `sent a file with sha256 ${actual} where ${expected} is expected`;
}

async function requestRest(
  { url, headers }: DownloadAddress,
  part: string,
  options: DownloadOptions,
): Promise<Attempt> {
  let offset = await fileSize(part);
  if (offset > (options.byteSize ?? MAX_UNKNOWN_BYTES)) {
    await rm(part, { force: true });
    offset = 0;
  }
  if (offset === options.byteSize) return { end: "complete", resumed: true };

  const idle = new AbortController();
  const idleMs = options.idleTimeoutMs ?? IDLE_TIMEOUT_MS;
  const timer = setTimeout(() => idle.abort(new Error(`brought nothing for ${idleMs / 1000} s`)), idleMs);
  const signals = options.signal === undefined ? [idle.signal] : [idle.signal, options.signal];
  try {
    const response = await options.fetch(url, {
      headers: {
        ...headers,
        "accept-encoding": "identity",
        ...(offset > 0 && { range: `bytes=${offset}-` }),
      },
      signal: AbortSignal.any(signals),
    });
    const start = await readStart(response, offset, part, options.byteSize);
    if (typeof start === "number") {
      const byteSize = options.byteSize ?? announcedSize(response, start);
      return await writeBody(response, part, start, { ...options, byteSize }, () => timer.refresh());
    }
    await response.body?.cancel();
    return start;
  } catch (error) {
    if (error instanceof KeepsightError) throw error;
    const reason = idle.signal.aborted ? (idle.signal.reason as Error).message : describeNetworkError(error);
    return { end: "interrupted", reason, position: await fileSize(part) };
  } finally {
    clearTimeout(timer);
  }
}

/** The position in the file at which the body of this answer begins, or how the attempt has ended without one. */
async function readStart(
  response: Response,
  offset: number,
  part: string,
  byteSize: number | undefined,
): Promise<number | Attempt> {
  const range = parseContentRange(response.headers.get("content-range"));
  if (range?.total !== undefined && range.total !== (byteSize ?? range.total)) {
    return { end: "refused", reason: `has a file of ${range.total} bytes where ${byteSize} are expected` };
  }
  if (response.status === 416) {
    // All bytes have arrived, which only the server could tell.
    if (byteSize === undefined && offset > 0 && range?.total === offset) {
      return { end: "complete", resumed: true };
    }
    await rm(part, { force: true });
    return { end: "interrupted", reason: "cannot continue the file", position: 0 };
  }
  if (!response.ok) return readFailure(response, offset);
  const length = Number(response.headers.get("content-length") ?? 0);
  // Some servers answer a range with 200, others ignore it: only Content-Range tells what the body is.
  const start = range?.start ?? 0;
  if (start !== offset && start !== 0) {
    await rm(part, { force: true });
    return { end: "interrupted", reason: `sent bytes from ${start} on instead of ${offset}`, position: 0 };
  }
  if (byteSize === undefined) return start;
  // A page that is no model (a login form, say) must not replace what has been collected.
  const isLess = length > 0 && start + length < byteSize && start < offset;
  if (isLess || start + length > byteSize) {
    return { end: "refused", reason: `has a file of ${start + length} bytes where ${byteSize} are expected` };
  }
  return start;
}

/** The size of the whole file as the answer tells it; `undefined` when it does not. */
function announcedSize({ headers }: Response, start: number): number | undefined {
  const total = parseContentRange(headers.get("content-range"))?.total;
  const length = headers.get("content-length");
  // The length of a compressed body is not that of the file.
  if (total !== undefined || length === null || headers.has("content-encoding")) return total;
  return start + Number(length);
}

function readFailure(response: Response, offset: number): Attempt {
  const isRefused = response.status === 401 || response.status === 403;
  const hint = isRefused && isOnHuggingFace(response.url) ? " (it may want a token: HF_TOKEN)" : "";
  const reason = `answered ${response.status} ${response.statusText}`.trimEnd() + hint;
  const isPassing = response.status >= 500 || [408, 425, 429].includes(response.status);
  return isPassing ? { end: "interrupted", reason, position: offset } : { end: "refused", reason };
}

function parseContentRange(header: string | null): { start?: number; total?: number } | undefined {
  const match = /^bytes (?:(\d+)-\d+|\*)\/(?:(\d+)|\*)$/.exec(header?.trim() ?? "");
  if (match === null) return undefined;
  return {
    ...(match[1] !== undefined && { start: Number(match[1]) }),
    ...(match[2] !== undefined && { total: Number(match[2]) }),
  };
}

async function writeBody(
  response: Response,
  part: string,
  start: number,
  options: DownloadOptions,
  onData: () => void,
): Promise<Attempt> {
  const file = await open(part, start === 0 ? "w" : "a").catch(failOnDisk(part));
  const most = options.byteSize ?? MAX_UNKNOWN_BYTES;
  let position = start;
  try {
    for await (const chunk of response.body ?? []) {
      if (position + chunk.length > most) {
        await rm(part, { force: true });
        return { end: "refused", reason: `sends more than the expected ${most} bytes` };
      }
      await file.appendFile(chunk).catch(failOnDisk(part));
      position += chunk.length;
      onData();
      options.onProgress?.(position);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  if (position === (options.byteSize ?? position)) return { end: "complete", resumed: start > 0 };
  return { end: "interrupted", reason: `stopped after ${position} of ${options.byteSize} bytes`, position };
}

async function publish(part: string, destination: string): Promise<void> {
  await rename(part, destination).catch(failOnDisk(destination));
}

/** Raw addresses of GitHub give this little text where the file is kept in Git LFS. */
async function isGitLfsPointer(path: string): Promise<boolean> {
  if ((await fileSize(path)) > MAX_POINTER_BYTES) return false;
  return (await readFile(path, "latin1")).startsWith("version https://git-lfs");
}

async function fileSize(path: string): Promise<number> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.size ?? 0;
}

function failOnDisk(path: string): (error: unknown) => never {
  return (error) => {
    const { code = "an error" } = error as NodeJS.ErrnoException;
    throw new KeepsightError(
      "download_failed",
      `Cannot write ${path}: ${code}. Check space and permissions.`,
      {
        cause: error,
      },
    );
  };
}

/** What went wrong below fetch, which itself only says "fetch failed". */
function describeNetworkError(error: unknown): string {
  const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
  return `broke off (${cause?.code ?? cause?.message ?? (error as Error).message})`;
}
