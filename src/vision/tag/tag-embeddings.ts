/**
 * The embeddings of a vocabulary by one text-image model. To read a vocabulary costs a text encoder 10 to 150 ms a sentence,
 * minutes with the largest models, so it is done once for all: each tag's row is appended to a file as soon as it is made,
 * and whoever was interrupted goes on where the file ends. One process works at a time, the others wait for it.
 */
import { appendFile, mkdir, readFile, truncate } from "node:fs/promises";
import { dirname } from "node:path";
import { isFileMissing } from "../../core/errors.ts";
import { dotProduct, normalizeInPlace } from "../../math/vector.ts";
import { withFileLock } from "../../onnx/with-file-lock.ts";
import type { VocabularyTag } from "./tag-vocabulary.ts";

/** A text encoder that is opened only when there is something to read. */
export interface OpenTextEncoder {
  encode(text: string): Promise<Float32Array>;
  close(): Promise<void>;
}

export interface TagEmbeddingOptions {
  readonly tags: readonly VocabularyTag[];
  readonly dimensions: number;
  openTextEncoder(): Promise<OpenTextEncoder>;
  /** File of the rows: of one model and one version of the vocabulary only. Nothing is kept when absent. */
  readonly path?: string | undefined;
}

/** One row for each tag: the L2-normalised mean over its sentences. */
export async function loadTagEmbeddings(options: TagEmbeddingOptions): Promise<Float32Array[]> {
  const { path, tags } = options;
  if (path === undefined) return embedRest([], options);
  const rows = await readRows(path, options);
  if (rows.length === tags.length) return rows;
  await mkdir(dirname(path), { recursive: true });
  return withFileLock(`${path}.lock`, async () => embedRest(await readRows(path, options), options));
}

/** The rows that are there already, and those of the tags that follow. */
async function embedRest(
  rows: readonly Float32Array[],
  options: TagEmbeddingOptions,
): Promise<Float32Array[]> {
  const { tags, path, dimensions, openTextEncoder } = options;
  const all = [...rows];
  if (all.length === tags.length) return all;
  // A row that was cut off by a crash goes.
  if (path !== undefined && all.length > 0) await truncate(path, all.length * dimensions * FLOAT_BYTES);
  const encoder = await openTextEncoder();
  try {
    for (const { prompts } of tags.slice(all.length)) {
      const row = await embedTag(prompts, encoder);
      // The first row replaces whatever the file held.
      if (path !== undefined) await appendFile(path, bytesOf(row), { flag: all.length === 0 ? "w" : "a" });
      all.push(row);
    }
  } finally {
    await encoder.close();
  }
  return all;
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
