import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import type { Readable } from "node:stream";
import { randomUUID } from "node:crypto";
import { KeepsightError } from "../../core/errors.ts";
import type { FingerprintStore } from "../../database/fingerprint-store.ts";
import type { PhotoStore } from "../../database/photo-store.ts";
import type { TagStore } from "../../database/tag-store.ts";
import type { Step } from "../../core/photo-analysis.ts";
import { imohashFile } from "../../hash/imohash.ts";
import type { DecodeLimits } from "../../image/decode-limits.ts";
import { probeImage } from "../../image/probe.ts";
import { scanFolders } from "../../library/scan.ts";
import type { AnalysisPayload, AnalysisQueue } from "./analysis-queue.ts";
import { readFoundFile } from "./read-found-file.ts";
import { receiveUpload } from "./receive-upload.ts";
import { haveSameBytes } from "./same-bytes.ts";

/** What the caller says of an uploaded photo. */
export interface UploadRequest {
  readonly fileName: string;
  /** The caller's own id; the same id again gives the same photo. */
  readonly externalId?: string;
  readonly tags: readonly string[];
  /** Answer with the known photo when the same bytes are in the library. */
  readonly skipDuplicates: boolean;
  /** Steps that are not wanted for this photo. */
  readonly withoutSteps: readonly Step[];
  /** How photos that are almost the same are looked for; absent: as set. */
  readonly near?: AnalysisPayload["near"];
}

/** What became of an upload. */
export type UploadResult =
  | { readonly status: "accepted"; readonly photoId: number; readonly jobId: number }
  | { readonly status: "duplicate"; readonly photoId: number };

export interface UploadOptions {
  /** Where uploaded originals live. */
  readonly directory: string;
  readonly photos: PhotoStore;
  readonly fingerprints: FingerprintStore;
  readonly tags: TagStore;
  readonly queue: AnalysisQueue;
  readonly limits: DecodeLimits;
  readonly maxUploadBytes: number;
}

/** What {@link createUploads} puts before the name of a stored file. */
const STORED_PREFIX = /^[0-9a-f]{8}-/;

/** Folder for uploads that have not arrived whole. */
const INCOMING = "incoming";

/** Longest part of a client's file name that is kept, bytes of UTF-8: file systems take 255 for the whole name. */
const LONGEST_STEM = 150;
const LONGEST_EXTENSION = 12;

/** What a file system or a terminal could take amiss: separators, control characters, and marks that turn text round. */
const UNSAFE_CHARACTERS =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}<>:"|?*\ufffd\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Takes in photos that arrive as streams; see {@link createUploads}. */
export interface Uploads {
  /**
   * Stores one stream as an original of the library and queues its analysis. The request may still be on its way while
   * the file arrives; if it fails, so does the upload.
   */
  add(stream: Readable, request: UploadRequest | Promise<UploadRequest>): Promise<UploadResult>;
  /** Removes parts of uploads that broke off, and takes in whole ones whose row a crash kept from being written. */
  cleanUp(): Promise<void>;
}

/**
 * Uploads under `directory`. A file gets its final name only once it has arrived whole, is on disk, and is recognised as
 * a photo; before that nothing of it is in the library. Throws `too_large`, `unsupported_media`, `undecodable`, and
 * `bad_request` for an upload that broke off.
 */
export function createUploads(options: UploadOptions): Uploads {
  const { photos, fingerprints, queue, directory } = options;
  const incoming = join(directory, INCOMING);

  let previous: Promise<unknown> = Promise.resolve();

  async function add(
    stream: Readable,
    request: UploadRequest | Promise<UploadRequest>,
  ): Promise<UploadResult> {
    // It may fail while nobody waits for it, as when the file breaks off first.
    Promise.resolve(request).catch(() => undefined);
    const arrived = join(incoming, randomUUID());
    await mkdir(incoming, { recursive: true });
    try {
      await receiveUpload(stream, arrived, options.maxUploadBytes);
      const described = await request;
      // One decision at a time: of two equal uploads the second must find the first.
      const decision = previous.then(() => decide(arrived, described));
      previous = decision.catch(() => undefined);
      return await decision;
    } finally {
      await rm(arrived, { force: true });
    }
  }

  async function decide(arrived: string, request: UploadRequest): Promise<UploadResult> {
    const known =
      request.externalId === undefined ? undefined : await photos.findByExternalId(request.externalId);
    if (known !== undefined) return { status: "duplicate", photoId: known.id };
    await probe(arrived, request.fileName);
    const duplicate = request.skipDuplicates ? await findDuplicate(arrived) : undefined;
    if (duplicate !== undefined) return { status: "duplicate", photoId: duplicate };
    return keep(arrived, request);
  }

  /** Refuses what is no photo, under the name that the client knows. */
  async function probe(arrived: string, fileName: string): Promise<void> {
    try {
      await probeImage(arrived, options.limits);
    } catch (error) {
      if (!(error instanceof KeepsightError)) throw error;
      const message = error.message.replaceAll(basename(arrived), safeFileName(fileName));
      throw new KeepsightError(error.code, message, { cause: error });
    }
  }

  async function findDuplicate(path: string): Promise<number | undefined> {
    const { size } = await stat(path);
    const candidates = await fingerprints.findExact(await imohashFile(path), size);
    for (const candidate of candidates) {
      if (await haveSameBytes(path, candidate.path)) return candidate.photoId;
    }
    return undefined;
  }

  async function keep(arrived: string, request: UploadRequest): Promise<UploadResult> {
    const path = await nameFor(request.fileName);
    await rename(arrived, path);
    const photoId = await insert(path, request.externalId).catch(async (error: unknown) => {
      await rm(path, { force: true });
      throw error;
    });
    if (request.tags.length > 0) await tagPhoto(photoId, request.tags);
    const [jobId] = await queue.add([photoId], "upload", payloadFor(request));
    return { status: "accepted", photoId, jobId: jobId! };
  }

  async function insert(path: string, externalId: string | undefined): Promise<number> {
    await syncDirectory(dirname(path));
    const file = (await readFoundFile(path))!;
    const own = externalId === undefined ? {} : { externalId };
    // The random prefix keeps stored names apart; people know the photo by the name they gave it.
    const fileName = basename(path).replace(STORED_PREFIX, "");
    const [photoId] = await photos.insertPhotos([{ ...file, ...own, fileName, isUpload: true }]);
    return photoId!;
  }

  /** Takes in whole files that a crash kept out of the table: they were on disk, only their row was not written. */
  async function recover(): Promise<void> {
    await mkdir(directory, { recursive: true });
    for await (const files of scanFolders([directory], { exclude: [incoming] })) {
      const known = await photos.findByPaths(files.map(({ path }) => path));
      for (const { path } of files) {
        if (!known.has(path)) await queue.add([await insert(path, undefined)], "upload");
      }
    }
  }

  async function tagPhoto(photoId: number, tags: readonly string[]): Promise<void> {
    await options.tags.decideTags(photoId, tags, "api");
  }

  /** A free path like `2026/11/<8 hex>-name.jpg`. */
  async function nameFor(fileName: string): Promise<string> {
    const now = new Date();
    const folder = join(directory, String(now.getFullYear()), String(now.getMonth() + 1).padStart(2, "0"));
    await mkdir(folder, { recursive: true });
    return join(folder, `${randomUUID().slice(0, 8)}-${safeFileName(fileName)}`);
  }

  async function cleanUp(): Promise<void> {
    const left = await readdir(incoming).catch(() => []);
    await Promise.all(left.map((name) => rm(join(incoming, name), { force: true })));
    await recover();
  }

  return { add, cleanUp };
}

function payloadFor({ withoutSteps, near }: UploadRequest): AnalysisPayload {
  return {
    ...(withoutSteps.length === 0 ? {} : { withoutSteps }),
    ...(near === undefined ? {} : { near }),
  };
}

/** The last part of a client's file name, made harmless and short enough. */
function safeFileName(fileName: string): string {
  const base = fileName
    .split(/[\\/]/)
    .at(-1)!
    .normalize("NFC")
    .replaceAll(UNSAFE_CHARACTERS, "_")
    .replace(/^[.\s]+/, "");
  const extension = extname(base);
  const stem = base.slice(0, base.length - extension.length);
  const kept = cutBytes(stem, LONGEST_STEM).trim();
  return `${kept === "" ? "photo" : kept}${cutBytes(extension, LONGEST_EXTENSION).trim()}`;
}

/** As many whole characters as fit into this many bytes of UTF-8. */
function cutBytes(text: string, maxBytes: number): string {
  let bytes = 0;
  let kept = "";
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    kept += character;
  }
  return kept;
}

/** Makes a rename durable. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
