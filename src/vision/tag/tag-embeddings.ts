/**
 * The embeddings of a vocabulary by one text-image model. A sentence costs a text encoder of 12 layers 90 to 140 ms, the
 * whole vocabulary three to five minutes, so it is read once for all: each tag's row is appended to a file as soon as it is
 * made, and whoever was interrupted goes on where the file ends. One process works at a time, the others wait for it. No
 * photo waits longer than a part of that: its tags come with the next try.
 */
import { appendFile, mkdir, readFile, truncate } from "node:fs/promises";
import { dirname } from "node:path";
import { isFileMissing, KeepsightError } from "../../core/errors.ts";
import { dotProduct, normalizeInPlace } from "../../math/vector.ts";
import { withFileLock } from "../../onnx/with-file-lock.ts";
import type { VocabularyTag } from "./tag-vocabulary.ts";

/**
 * How long one call reads: below the longest work on one photo (120 s), so that nothing is taken for hung, and long enough
 * that the four tries of a lone photo suffice.
 */
const READING_MS = 75_000;

/** A text encoder that is opened only when there is something to read. */
export interface OpenTextEncoder {
  encode(text: string): Promise<Float32Array>;
  close(): Promise<void>;
}

export interface TagEmbeddingOptions {
  readonly tags: readonly VocabularyTag[];
  readonly dimensions: number;
  openTextEncoder(): Promise<OpenTextEncoder>;
  /** File of the rows: of one model and one version of the vocabulary only. Kept in memory when absent. */
  readonly path?: string | undefined;
  /** After so many milliseconds a call gives up. */
  readonly readingMs?: number;
}

/**
 * A function that gives one row for each tag, the L2-normalised mean over its sentences; it throws `unavailable` while they
 * are not all read, and every call goes on reading for a while.
 */
export function createTagEmbeddings(options: TagEmbeddingOptions): () => Promise<readonly Float32Array[]> {
  const { tags, path, dimensions, openTextEncoder, readingMs = READING_MS } = options;
  let rows: Float32Array[] = [];
  let encoder: OpenTextEncoder | undefined;
  const isComplete = () => rows.length === tags.length;

  /** Reads tag after tag until all are read or the time is over; at least one. */
  async function readOn(until: number): Promise<void> {
    if (path !== undefined) rows = await readRows(path, options);
    // A row that was cut off by a crash goes.
    if (path !== undefined && rows.length > 0) await truncate(path, rows.length * dimensions * FLOAT_BYTES);
    for (const { prompts } of tags.slice(rows.length)) {
      encoder ??= await openTextEncoder();
      const row = await embedTag(prompts, encoder);
      // The first row replaces whatever the file held.
      if (path !== undefined) await appendFile(path, bytesOf(row), { flag: rows.length === 0 ? "w" : "a" });
      rows.push(row);
      if (performance.now() >= until) return;
    }
  }

  async function readTogether(file: string): Promise<void> {
    rows = await readRows(file, options);
    if (isComplete()) return;
    await mkdir(dirname(file), { recursive: true });
    const patience = AbortSignal.timeout(Math.max(readingMs, 1));
    const until = performance.now() + readingMs;
    await withFileLock(`${file}.lock`, () => readOn(until), patience).catch((error: unknown) => {
      // Another process reads, and longer than we wait.
      if (!patience.aborted || !isAbort(error)) throw error;
    });
  }

  return async () => {
    if (isComplete()) return rows;
    await (path === undefined ? readOn(performance.now() + readingMs) : readTogether(path));
    if (!isComplete()) {
      throw new KeepsightError(
        "unavailable",
        `Tags can be given when the words for them have been read once: ${rows.length} of ${tags.length} so far.`,
      );
    }
    await encoder?.close();
    encoder = undefined;
    return rows;
  };
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

/** The mean over a tag's sentences, normalised (Radford et al. 2021, section 3.1.4: prompt ensembling). */
async function embedTag(prompts: readonly string[], encoder: OpenTextEncoder): Promise<Float32Array> {
  const [first, ...others] = prompts;
  const sum = Float32Array.from(await encoder.encode(first ?? ""));
  for (const prompt of others) {
    const embedding = await encoder.encode(prompt);
    for (let i = 0; i < sum.length; i++) sum[i]! += embedding[i]!;
  }
  return normalizeInPlace(sum);
}

const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;

/** The whole rows of a file; none of one that is not there or holds something else. */
async function readRows(
  path: string,
  { dimensions, tags }: Pick<TagEmbeddingOptions, "dimensions" | "tags">,
): Promise<Float32Array[]> {
  const bytes = await readFile(path).catch((error: unknown) => {
    if (isFileMissing(error)) return new Uint8Array();
    throw error;
  });
  const count = Math.min(tags.length, Math.floor(bytes.byteLength / (dimensions * FLOAT_BYTES)));
  // Copied, because Node's buffers may begin anywhere in memory.
  const floats = new Float32Array(new Uint8Array(bytes.subarray(0, count * dimensions * FLOAT_BYTES)).buffer);
  const rows = Array.from({ length: count }, (_, i) => floats.subarray(i * dimensions, (i + 1) * dimensions));
  return rows.every(isNormalized) ? rows : [];
}

function isNormalized(row: Float32Array): boolean {
  return Math.abs(dotProduct(row, row) - 1) < 1e-3;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
