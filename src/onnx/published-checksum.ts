import { KeepsightError } from "../core/errors.ts";
import type { DownloadAddress } from "./download-address.ts";

/** Renamed repositories answer with a relative redirect to their new name; more than so many are a loop. */
const MAX_REDIRECTS = 5;
const TIMEOUT_MS = 30_000;

/** Size and checksum of a file. */
export interface FilePin {
  readonly byteSize: number;
  readonly sha256: string;
}

/**
 * What Hugging Face says a large file is, without fetching it: its answer to HEAD names size and SHA-256 (`X-Linked-Size`,
 * `X-Linked-Etag`) before it redirects to the host that has the bytes, so only redirects within the hub are followed.
 *
 * @throws KeepsightError `download_failed` when it cannot be asked, or tells no checksum (small files have none).
 */
export async function askPublishedChecksum(
  { url, headers }: DownloadAddress,
  options: { readonly fetch: typeof fetch; readonly signal?: AbortSignal | undefined },
): Promise<FilePin> {
  let address = url;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const answer = await askHead(address, headers, options);
    const pin = readPin(answer.headers);
    if (pin !== undefined) return pin;
    const next = answer.headers.get("location");
    if (answer.status < 300 || answer.status >= 400 || next === null || !isRelative(next, address)) {
      const problem = answer.ok || next !== null ? "tells no checksum" : `answered ${answer.status}`;
      throw new KeepsightError("download_failed", `${url} ${problem}${hintFor(answer.status)}.`);
    }
    address = new URL(next, address).href;
  }
  throw new KeepsightError("download_failed", `${url} redirects without end.`);
}

async function askHead(
  url: string,
  headers: Readonly<Record<string, string>>,
  { fetch, signal }: { readonly fetch: typeof globalThis.fetch; readonly signal?: AbortSignal | undefined },
): Promise<Response> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    return await fetch(url, {
      method: "HEAD",
      redirect: "manual",
      headers: { ...headers, "accept-encoding": "identity" },
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    });
  } catch (error) {
    if (signal?.aborted === true)
      throw new KeepsightError("cancelled", "The download was cancelled", { cause: error });
    const { cause } = error as { cause?: NodeJS.ErrnoException };
    const reason = cause?.code ?? (error as Error).message;
    throw new KeepsightError("download_failed", `${url} cannot be asked for its checksum (${reason}).`, {
      cause: error,
    });
  }
}

function readPin(headers: Headers): FilePin | undefined {
  const sha256 = /^(?:W\/)?"?([0-9a-f]{64})"?$/.exec(headers.get("x-linked-etag") ?? "")?.[1];
  const byteSize = Number(headers.get("x-linked-size") ?? Number.NaN);
  return sha256 === undefined || !(byteSize > 0) ? undefined : { byteSize, sha256 };
}

function isRelative(location: string, from: string): boolean {
  return new URL(location, from).origin === new URL(from).origin;
}

function hintFor(status: number): string {
  return status === 401 || status === 403 ? " (it may want a token: HF_TOKEN)" : "";
}
