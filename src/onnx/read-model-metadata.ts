/**
 * The metadata of an ONNX file (`metadata_props`, field 14 of `ModelProto`, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto):
 * names and texts that an exporter left beside the graph, such as a recogniser's character list. The runtime's binding for
 * Node does not tell them.
 *
 * - Only the heads of the file's top-level fields are read; the graph is skipped, so a large model costs a few reads.
 */
import { type FileHandle, open } from "node:fs/promises";
import { KeepsightError } from "../core/errors.ts";

const METADATA_FIELD = 14;
const [VARINT, FIXED_64, LENGTH_DELIMITED, FIXED_32] = [0, 1, 2, 5];
/** A field's number and length are two varints of at most ten bytes each. */
const HEAD_BYTES = 20;
/** More than any list of characters takes, bytes. */
const MAX_ENTRY_BYTES = 16 * 1024 * 1024;

/** One field of a protobuf message: its number, where its content begins, and how long that is; bytes. */
interface Field {
  readonly number: number;
  readonly wireType: number;
  readonly start: number;
  readonly byteLength: number;
}

/** The entries of the model's metadata by name; empty where it has none. Throws `model_invalid` for what is no ONNX file. */
export async function readModelMetadata(path: string): Promise<ReadonlyMap<string, string>> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const metadata = new Map<string, string>();
    for (let at = 0; at < size;) {
      const field = parseField(await readBytes(file, at, HEAD_BYTES), at);
      const end = field === undefined ? Infinity : field.start + field.byteLength;
      if (field === undefined || end > size) {
        throw new KeepsightError("model_invalid", `${path} is not an ONNX model, or is cut short.`);
      }
      const isEntry = field.number === METADATA_FIELD && field.wireType === LENGTH_DELIMITED;
      if (isEntry && field.byteLength <= MAX_ENTRY_BYTES) {
        const [name, text] = parseEntry(await readBytes(file, field.start, field.byteLength));
        metadata.set(name, text);
      }
      at = end;
    }
    return metadata;
  } finally {
    await file.close();
  }
}

async function readBytes(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** The field that begins with `bytes`, which lie at `at`; undefined for bytes that are no field. */
function parseField(bytes: Uint8Array, at: number): Field | undefined {
  const tag = parseVarint(bytes, 0);
  if (tag === undefined) return undefined;
  const [number, wireType] = [Math.floor(tag.value / 8), tag.value % 8];
  if (wireType === FIXED_64) return { number, wireType, start: at + tag.end, byteLength: 8 };
  if (wireType === FIXED_32) return { number, wireType, start: at + tag.end, byteLength: 4 };
  const value = parseVarint(bytes, tag.end);
  if (number === 0 || value === undefined) return undefined;
  if (wireType === VARINT) return { number, wireType, start: at + value.end, byteLength: 0 };
  if (wireType !== LENGTH_DELIMITED) return undefined;
  return { number, wireType, start: at + value.end, byteLength: value.value };
}

/** A `StringStringEntryProto`: key (field 1) and value (field 2). */
function parseEntry(bytes: Uint8Array): [string, string] {
  const texts = ["", ""] as [string, string];
  for (let at = 0; at < bytes.byteLength;) {
    const field = parseField(bytes.subarray(at, at + HEAD_BYTES), at);
    if (field === undefined) break;
    const end = field.start + field.byteLength;
    if (field.number === 1 || field.number === 2) {
      texts[field.number - 1] = new TextDecoder().decode(bytes.subarray(field.start, end));
    }
    at = end;
  }
  return texts;
}

/** A varint and where it ends; undefined where it does not. */
function parseVarint(
  bytes: Uint8Array,
  start: number,
): { readonly value: number; readonly end: number } | undefined {
  let [value, factor] = [0, 1];
  for (let at = start; at < bytes.byteLength && at < start + 10; at++, factor *= 128) {
    value += (bytes[at]! & 0x7f) * factor;
    if (bytes[at]! < 0x80) return { value, end: at + 1 };
  }
  return undefined;
}
