/** The parts of an ONNX file, for the small networks that tests build. */
import onnxProto from "onnx-proto";

const { onnx } = onnxProto;
export const { DataType } = onnx.TensorProto;
export const { AttributeType } = onnx.AttributeProto;

/** A constant of 32-bit floats. */
export function floats(name: string, dims: number[], floatData: number[]) {
  return { name, dims, dataType: DataType.FLOAT, floatData };
}

/** A constant of 64-bit integers. */
export function integers(name: string, dims: number[], int64Data: number[]) {
  return { name, dims, dataType: DataType.INT64, int64Data };
}

/** An input or output; axes that are named are of any length. */
export function valueInfo(name: string, elemType: number, shape: readonly (number | string)[]) {
  const dim = shape.map((size) => (typeof size === "string" ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

/** The bytes of a model with this graph. */
export function encodeGraph(graph: Parameters<typeof onnx.GraphProto.create>[0]): Uint8Array {
  const model = onnx.ModelProto.create({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 13 }],
    graph: { name: "tower", ...graph },
  });
  return onnx.ModelProto.encode(model).finish();
}
