import { type ByteRange, type FieldReader, createFieldReader, type MessageField } from "./read-fields.ts";
import type { FileBytes } from "./file-bytes.ts";

/**
 * The outline of an ONNX model (onnx.proto3 of ONNX 1.12): its operations, and of its tensors everything but the numbers,
 * with the place where they lie. Memory grows with the number of operations, not with the weights.
 */

const MODEL = { irVersion: 1, graph: 7, opsetImport: 8 } as const;
const GRAPH = { node: 1, initializer: 5, input: 11 } as const;
const NODE = { input: 1, output: 2, operator: 4, attribute: 5, domain: 7 } as const;
const ATTRIBUTE = { name: 1, float: 2, int: 3, graph: 6, graphs: 11 } as const;
const TENSOR = {
  dims: 1,
  dataType: 2,
  floatData: 4,
  name: 8,
  rawData: 9,
  externalData: 13,
  dataLocation: 14,
} as const;

/** `data_location` of a tensor whose numbers lie in another file. */
const EXTERNAL = 1;

/** Where the numbers of a tensor lie, little-endian. */
export interface TensorPlace extends ByteRange {
  /** Name of the file beside the model; absent: the model itself. */
  readonly fileName?: string;
}

/** A tensor that belongs to the model. */
export interface OutlineTensor {
  readonly name: string;
  readonly dims: readonly number[];
  /** The number that onnx.proto3 gives to its type. */
  readonly dataType: number;
  /** Absent where the numbers lie neither side by side in this file nor in another. */
  readonly place: TensorPlace | undefined;
}

/** One operation. */
export interface OutlineNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Names of attributes with whole numbers, and those numbers. */
  readonly integers: Readonly<Record<string, number>>;
  /** Names of attributes with floats, and those floats. */
  readonly floats: Readonly<Record<string, number>>;
  /** It belongs to ONNX itself, not to someone's extension. */
  readonly isStandard: boolean;
  /** Holds a graph of its own, which may use any tensor of this one. */
  readonly hasSubgraph: boolean;
}

/** A part of the graph, in the order of the file. */
export type GraphPart = { readonly whole: ByteRange } & (
  | { readonly kind: "node"; readonly node: OutlineNode }
  | { readonly kind: "tensor"; readonly tensor: OutlineTensor }
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "other" }
);

/** A model without its numbers. */
export interface ModelOutline {
  readonly irVersion: number;
  /** Version of ONNX's own operations. */
  readonly opset: number;
  /** Fields of the model other than its version and its graph. */
  readonly otherFields: readonly ByteRange[];
  readonly parts: readonly GraphPart[];
}

/** Reads the outline of the model in `file`. Throws a RangeError where the file is no protobuf message. */
export function readModelOutline(file: FileBytes): ModelOutline {
  const reader = createFieldReader(file);
  const fields = [...reader.fields({ start: 0, end: file.byteLength })];
  const others = fields.filter(({ field }) => field !== MODEL.irVersion && field !== MODEL.graph);
  return {
    irVersion: fields.find(({ field }) => field === MODEL.irVersion)?.value ?? 0,
    opset: readOpset(reader, fields),
    otherFields: others.map(({ whole }) => whole),
    parts: fields
      .filter(({ field }) => field === MODEL.graph)
      .flatMap(({ content }) => [...reader.fields(content)].map((part) => readPart(reader, part))),
  };
}

/** The version under the empty domain, which is ONNX's own. */
function readOpset(reader: FieldReader, fields: readonly MessageField[]): number {
  for (const { field, content } of fields) {
    if (field !== MODEL.opsetImport) continue;
    const entries = [...reader.fields(content)];
    const domain = entries.find((entry) => entry.field === 1);
    if (domain !== undefined && domain.content.end > domain.content.start) continue;
    return entries.find((entry) => entry.field === 2)?.value ?? 0;
  }
  return 0;
}

function readPart(reader: FieldReader, { field, content, whole }: MessageField): GraphPart {
  switch (field) {
    case GRAPH.node:
      return { kind: "node", node: readNode(reader, content), whole };
    case GRAPH.initializer:
      return { kind: "tensor", tensor: readTensor(reader, content), whole };
    case GRAPH.input: {
      const name = [...reader.fields(content)].find((part) => part.field === 1);
      return { kind: "input", name: name === undefined ? "" : reader.text(name.content), whole };
    }
    default:
      return { kind: "other", whole };
  }
}

function readNode(reader: FieldReader, range: ByteRange): OutlineNode {
  const fields = [...reader.fields(range)];
  const texts = (wanted: number) =>
    fields.filter(({ field }) => field === wanted).map(({ content }) => reader.text(content));
  const attributes = fields
    .filter(({ field }) => field === NODE.attribute)
    .map(({ content }) => readAttribute(reader, content));
  const [domain = ""] = texts(NODE.domain);
  return {
    operator: texts(NODE.operator)[0] ?? "",
    inputs: texts(NODE.input),
    outputs: texts(NODE.output),
    integers: Object.fromEntries(
      attributes.flatMap(({ name, int }) => (int === undefined ? [] : [[name, int]])),
    ),
    floats: Object.fromEntries(
      attributes.flatMap(({ name, float }) => (float === undefined ? [] : [[name, float]])),
    ),
    isStandard: domain === "" || domain === "ai.onnx",
    hasSubgraph: attributes.some(({ hasGraph }) => hasGraph),
  };
}

function readAttribute(reader: FieldReader, range: ByteRange) {
  const fields = [...reader.fields(range)];
  const find = (wanted: number) => fields.find(({ field }) => field === wanted);
  const name = find(ATTRIBUTE.name);
  const float = find(ATTRIBUTE.float);
  return {
    name: name === undefined ? "" : reader.text(name.content),
    int: find(ATTRIBUTE.int)?.value,
    float: float && reader.float(float.content),
    hasGraph: find(ATTRIBUTE.graph) !== undefined || find(ATTRIBUTE.graphs) !== undefined,
  };
}

function readTensor(reader: FieldReader, range: ByteRange): OutlineTensor {
  const fields = [...reader.fields(range)];
  const find = (wanted: number) => fields.find(({ field }) => field === wanted);
  const name = find(TENSOR.name);
  return {
    name: name === undefined ? "" : reader.text(name.content),
    dims: fields.filter(({ field }) => field === TENSOR.dims).flatMap((dims) => readDims(reader, dims)),
    dataType: find(TENSOR.dataType)?.value ?? 0,
    place: readPlace(reader, fields),
  };
}

/** One size, or all of them packed into one field. */
function readDims(reader: FieldReader, { value, content }: MessageField): number[] {
  return value === undefined ? reader.integers(content) : [value];
}

function readPlace(reader: FieldReader, fields: readonly MessageField[]): TensorPlace | undefined {
  if (fields.find(({ field }) => field === TENSOR.dataLocation)?.value === EXTERNAL) {
    return readExternalPlace(reader, fields);
  }
  const own = fields.filter(({ field }) => field === TENSOR.rawData || field === TENSOR.floatData);
  return own.length === 1 ? own[0]!.content : undefined;
}

/** `external_data` is a list of texts by key: `location`, and where they are not the whole file `offset` and `length`. */
function readExternalPlace(reader: FieldReader, fields: readonly MessageField[]): TensorPlace | undefined {
  const entries = new Map(
    fields
      .filter(({ field }) => field === TENSOR.externalData)
      .map(({ content }) => {
        const [key, value] = [...reader.fields(content)].map((part) => reader.text(part.content));
        return [key, value] as const;
      }),
  );
  const fileName = entries.get("location");
  const start = Number(entries.get("offset") ?? 0);
  const byteLength = Number(entries.get("length") ?? Number.NaN);
  if (fileName === undefined || !Number.isSafeInteger(start + byteLength)) return undefined;
  return { fileName, start, end: start + byteLength };
}
