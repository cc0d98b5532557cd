import { readFile, stat } from "node:fs/promises";
import { KeepsightError } from "../core/errors.ts";

/**
 * The names of the files in which an ONNX graph keeps weights of its own (`TensorProto.external_data`, key `location`;
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). A network of more than 2 GB must do so, some exports make hundreds
 * of such files; the runtime looks for them beside the graph.
 *
 * - Read from initialisers and from tensors in the attributes of nodes. Cost: one pass over the graph file.
 */

/** A graph whose weights lie elsewhere is small; more is no such graph, bytes. */
const MAX_GRAPH_BYTES = 256 * 1024 * 1024;
/** Plain names only: a graph must not make us read or write elsewhere. */
const SAFE_NAME = /^[\w][\w.+=-]*$/;

/** Numbers of the fields on the way to a location. */
const MODEL_GRAPH = 7;
const GRAPH_NODE = 1;
const GRAPH_INITIALIZER = 5;
const NODE_ATTRIBUTE = 5;
const ATTRIBUTE_TENSOR = 5;
const TENSOR_EXTERNAL_DATA = 13;

/** The names, each once, in the order of the graph. Throws `model_invalid` for another file or a name that leads elsewhere. */
export async function readExternalDataNames(path: string): Promise<string[]> {
  const { size } = await stat(path);
  if (size > MAX_GRAPH_BYTES) {
    throw new KeepsightError(
      "model_invalid",
      `${path} is too large for a graph whose weights lie beside it.`,
    );
  }
  const names = new Set<string>();
  try {
    for (const graph of messages(await readFile(path), MODEL_GRAPH)) {
      for (const name of locationsOf(graph)) names.add(name);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new KeepsightError("model_invalid", `${path} is not an ONNX model, or is cut short.`, {
      cause: error,
    });
  }
  const unsafe = [...names].find((name) => !SAFE_NAME.test(name));
  if (unsafe === undefined) return [...names];
  throw new KeepsightError(
    "model_invalid",
    `${path} keeps weights in "${unsafe}", which is no plain file name.`,
  );
}

function* locationsOf(graph: Uint8Array): Generator<string> {
  const tensors = [
    ...messages(graph, GRAPH_INITIALIZER),
    ...messages(graph, GRAPH_NODE, NODE_ATTRIBUTE, ATTRIBUTE_TENSOR),
  ];
  const decoder = new TextDecoder();
  for (const entry of tensors.flatMap((tensor) => [...messages(tensor, TENSOR_EXTERNAL_DATA)])) {
    const [key, value] = [1, 2].map((field) =>
      decoder.decode(messages(entry, field).next().value ?? undefined),
    );
    if (key === "location" && value !== undefined) yield value;
  }
}

/** The contents of the length-delimited fields reached by the numbers, one level each. */
function* messages(bytes: Uint8Array, ...[number, ...deeper]: readonly number[]): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const tag = readVarint(bytes, at);
    const wireType = tag.value % 8;
    const length = wireType === 2 ? readVarint(bytes, tag.end) : undefined;
    const start = length?.end ?? tag.end;
    const end = start + (length?.value ?? scalarLength(bytes, start, wireType));
    if (end > bytes.length) throw new RangeError("a field is cut short");
    if (length !== undefined && Math.floor(tag.value / 8) === number) {
      const content = bytes.subarray(start, end);
      if (deeper.length === 0) yield content;
      else yield* messages(content, ...deeper);
    }
    at = end;
  }
}

function scalarLength(bytes: Uint8Array, start: number, wireType: number): number {
  if (wireType === 0) return readVarint(bytes, start).end - start;
  if (wireType === 1) return 8;
  if (wireType === 5) return 4;
  throw new RangeError(`no field has the wire type ${wireType}`);
}

function readVarint(bytes: Uint8Array, start: number): { value: number; end: number } {
  let [value, factor] = [0, 1];
  for (let at = start; at < bytes.length && at < start + 10; at++, factor *= 128) {
    value += (bytes[at]! & 0x7f) * factor;
    if (bytes[at]! < 0x80) return { value, end: at + 1 };
  }
  throw new RangeError("a number is cut short");
}
