import { readFile } from "node:fs/promises";
import { dirname, join, normalize, sep } from "node:path";

import { z } from "zod";

import { KeepsightError } from "../../core/errors.ts";

/**
 * Reads the weights of a TensorFlow.js model: a manifest of names, shapes and types, and binary files ("shards") in which
 * the numbers stand one tensor after another, little-endian (`io_utils.ts` and `weights_loader.ts` of tfjs-core).
 *
 * - Quantised weights are stored as uint8 or uint16 q with value = q · scale + min, or as half floats.
 * - Half floats become float32 exactly; q · scale + min is rounded once.
 */

const Quantization = z.union([
  z.object({ dtype: z.enum(["uint8", "uint16"]), scale: z.number(), min: z.number() }),
  z.object({ dtype: z.literal("float16") }),
]);

const ManifestEntry = z.object({
  name: z.string(),
  shape: z.array(z.number().int().nonnegative()),
  dtype: z.enum(["float32", "int32", "bool", "uint8"]),
  quantization: Quantization.optional(),
});
type ManifestEntry = z.infer<typeof ManifestEntry>;

/** Groups of tensors with the files in which they stand. */
export const WeightManifest = z.array(
  z.object({ paths: z.array(z.string()).min(1), weights: z.array(ManifestEntry) }),
);
export type WeightManifest = z.infer<typeof WeightManifest>;

/** One tensor of a model, row-major. */
export interface Weight {
  readonly dims: readonly number[];
  readonly data: Float32Array | Int32Array;
}

const BYTES = { float32: 4, int32: 4, float16: 2, uint16: 2, uint8: 1, bool: 1 } as const;
type StoredType = keyof typeof BYTES;

/**
 * All weights by name; files are looked for beside `manifestPath`. Throws `model_invalid` when a file is not there, lies
 * outside the folder, or has another length than the manifest says.
 */
export async function readWeights(
  manifest: WeightManifest,
  manifestPath: string,
): Promise<ReadonlyMap<string, Weight>> {
  const weights = new Map<string, Weight>();
  for (const { paths, weights: entries } of manifest) {
    const bytes = Buffer.concat(await Promise.all(paths.map((path) => readShard(path, manifestPath))));
    const expected = entries.reduce((sum, entry) => sum + byteLengthOf(entry), 0);
    if (bytes.byteLength !== expected) {
      throw invalid(
        `${paths.join(", ")} has ${bytes.byteLength} bytes where ${manifestPath} says ${expected}`,
      );
    }
    let at = 0;
    for (const entry of entries) {
      const length = byteLengthOf(entry);
      weights.set(entry.name, {
        dims: entry.shape,
        data: decode(entry, bytes.subarray(at, at + length)),
      });
      at += length;
    }
  }
  return weights;
}

/** What is in a JSON file of the given form. Throws `model_invalid` when it is not there or not of that form. */
export async function readModelJson<T>(path: string, form: z.ZodType<T>): Promise<T> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw invalid(`${path} cannot be read as JSON (${(error as Error).message})`, error);
  }
  const parsed = form.safeParse(content);
  if (parsed.success) return parsed.data;
  throw invalid(`${path} is not as expected: ${z.prettifyError(parsed.error)}`);
}

async function readShard(path: string, manifestPath: string): Promise<Buffer> {
  const relative = normalize(path);
  if (relative.startsWith("..") || relative.startsWith(sep)) {
    throw invalid(`${manifestPath} names the file "${path}" outside of its folder`);
  }
  try {
    return await readFile(join(dirname(manifestPath), relative));
  } catch (error) {
    throw invalid(`${path}, named by ${manifestPath}, cannot be read (${(error as Error).message})`, error);
  }
}

function byteLengthOf(entry: ManifestEntry): number {
  return elementCount(entry.shape) * BYTES[storedType(entry)];
}

function storedType({ dtype, quantization }: ManifestEntry): StoredType {
  return quantization?.dtype ?? dtype;
}

/** Numbers in a tensor of this shape. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, size) => product * size, 1);
}

function decode(entry: ManifestEntry, bytes: Buffer): Weight["data"] {
  const { dtype, quantization } = entry;
  const stored = readNumbers(bytes, storedType(entry), elementCount(entry.shape));
  const data = dtype === "float32" ? new Float32Array(stored.length) : new Int32Array(stored.length);
  if (quantization === undefined || quantization.dtype === "float16") {
    data.set(stored);
    return data;
  }
  const { scale, min } = quantization;
  const isWhole = data instanceof Int32Array;
  for (let i = 0; i < data.length; i++) {
    const value = stored[i]! * scale + min;
    data[i] = isWhole ? Math.round(value) : value;
  }
  return data;
}

function readNumbers(bytes: Buffer, type: StoredType, count: number): ArrayLike<number> {
  if (type === "uint8" || type === "bool") return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const readers = {
    float32: (i: number) => view.getFloat32(4 * i, true),
    int32: (i: number) => view.getInt32(4 * i, true),
    float16: (i: number) => view.getFloat16(2 * i, true),
    uint16: (i: number) => view.getUint16(2 * i, true),
  };
  const read = readers[type];
  const numbers = new Float64Array(count);
  for (let i = 0; i < count; i++) numbers[i] = read(i);
  return numbers;
}

function invalid(what: string, cause?: unknown): KeepsightError {
  return new KeepsightError("model_invalid", `${what}. Install the packages again with "npm ci".`, { cause });
}
