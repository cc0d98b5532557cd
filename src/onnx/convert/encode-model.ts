import { floatField, joinBytes, lengthDelimitedField, varintField } from "./protobuf.ts";

/**
 * Writes ONNX models (onnx.proto3 of ONNX 1.12, opset 13) without a library: the format is a handful of protobuf
 * messages, and the only libraries for it are old. The same graph gives the same bytes everywhere.
 */

/** The numbers onnx.proto3 gives to the types of tensors. */
export const DATA_TYPE = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 } as const;

const IR_VERSION = 8;
const OPSET = 13;

/** The types of tensors that graphs of ours have. */
export type OnnxType = keyof typeof DATA_TYPE;

/** Numbers that belong to the model, row-major. */
export interface OnnxConstant {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array;
}

/** A whole number, whole numbers, a text, or a float (which needs saying, as 1 is a whole number too). */
export type OnnxAttribute = number | string | readonly number[] | { readonly float: number };

/** One operation; tensors are known by their names. */
export interface OnnxNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** An input or output of the graph; an axis with a name instead of a size may have any size. */
export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  readonly dims: readonly (number | string)[];
}

/** A network; nodes stand in an order in which they can run. */
export interface OnnxGraph {
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxConstant[];
}

/** The bytes of an .onnx file. */
export function encodeModel(graph: OnnxGraph): Uint8Array {
  return joinBytes([
    varintField(1, IR_VERSION),
    lengthDelimitedField(2, "keepsight"),
    lengthDelimitedField(7, [
      ...graph.nodes.map((node) => lengthDelimitedField(1, encodeNode(node))),
      lengthDelimitedField(2, "graph"),
      ...graph.constants.map((constant) => lengthDelimitedField(5, encodeConstant(constant))),
      ...graph.inputs.map((value) => lengthDelimitedField(11, encodeValue(value))),
      ...graph.outputs.map((value) => lengthDelimitedField(12, encodeValue(value))),
    ]),
    lengthDelimitedField(8, [lengthDelimitedField(1, ""), varintField(2, OPSET)]),
  ]);
}

/** The fields of a NodeProto. */
export function encodeNode({ operator, inputs, outputs, attributes }: OnnxNode): Uint8Array[] {
  return [
    ...inputs.map((name) => lengthDelimitedField(1, name)),
    ...outputs.map((name) => lengthDelimitedField(2, name)),
    lengthDelimitedField(4, operator),
    ...Object.entries(attributes).map(([name, value]) =>
      lengthDelimitedField(5, [lengthDelimitedField(1, name), ...encodeAttribute(value)]),
    ),
  ];
}

function encodeAttribute(value: OnnxAttribute): Uint8Array[] {
  if (typeof value === "number") return [varintField(3, value), varintField(20, ATTRIBUTE_TYPE.int)];
  if (typeof value === "string")
    return [lengthDelimitedField(4, value), varintField(20, ATTRIBUTE_TYPE.string)];
  if ("float" in value) return [floatField(2, value.float), varintField(20, ATTRIBUTE_TYPE.float)];
  return [...value.map((item) => varintField(8, item)), varintField(20, ATTRIBUTE_TYPE.ints)];
}

function encodeConstant({ name, dims, data }: OnnxConstant): Uint8Array[] {
  return [
    ...dims.map((size) => varintField(1, size)),
    varintField(2, DATA_TYPE[typeOf(data)]),
    lengthDelimitedField(8, name),
    // Raw data is little-endian, as is every machine that ONNX Runtime is built for.
    lengthDelimitedField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ];
}

function encodeValue({ name, type, dims }: OnnxValue): Uint8Array[] {
  const shape = dims.map((size) =>
    lengthDelimitedField(1, [
      typeof size === "number" ? varintField(1, size) : lengthDelimitedField(2, size),
    ]),
  );
  const tensorType = [varintField(1, DATA_TYPE[type]), lengthDelimitedField(2, shape)];
  return [lengthDelimitedField(1, name), lengthDelimitedField(2, [lengthDelimitedField(1, tensorType)])];
}

function typeOf(data: OnnxConstant["data"]): OnnxType {
  if (data instanceof Float32Array) return "float32";
  return data instanceof Int32Array ? "int32" : "int64";
}
