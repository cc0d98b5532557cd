import type { GraphBuilder } from "./graph-builder.ts";
import { elementCount, type Weight } from "./read-weights.ts";

/**
 * Tensors of a graph that is being converted. TensorFlow.js keeps pictures as [N, H, W, C] (NHWC), ONNX Runtime as [N, C,
 * H, W] (NCHW): a picture stays NCHW as long as operations allow it, and is put back into TensorFlow's order where one
 * looks at its axes.
 */
export interface GraphValue {
  /** Its name in the ONNX graph. */
  readonly tensor: string;
  /** `nchw`: a picture in the order of ONNX. `plain`: anything as TensorFlow has it. */
  readonly layout: "nchw" | "plain";
  /** Its numbers where they are part of the model; always plain. */
  readonly constant?: Weight;
}

/** NCHW axis of each NHWC axis. */
const NCHW_AXIS = [0, 2, 3, 1];
/** To NHWC from NCHW, as a permutation. */
const TO_NHWC = [0, 2, 3, 1];
const TO_NCHW = [0, 3, 1, 2];

/** The axis of an NCHW picture that is `axis` in TensorFlow's order; negative ones count from the end. */
export function toNchwAxis(axis: number): number {
  return NCHW_AXIS[axis < 0 ? axis + 4 : axis] ?? axis;
}

/** Numbers of the model as a value. */
export function constantValue(builder: GraphBuilder, constant: Weight): GraphValue {
  return { tensor: builder.constant(constant.dims, constant.data), layout: "plain", constant };
}

/** The value in TensorFlow's order. */
export function toPlain(builder: GraphBuilder, value: GraphValue): GraphValue {
  if (value.layout === "plain") return value;
  return { tensor: builder.node("Transpose", [value.tensor], { perm: TO_NHWC }), layout: "plain" };
}

/** The value, which must be a picture or broadcast to one, as NCHW. */
export function toNchw(builder: GraphBuilder, value: GraphValue): GraphValue {
  if (value.layout === "nchw") return value;
  if (value.constant !== undefined) {
    const { dims, data } = transposeConstant(value.constant);
    return { tensor: builder.constant(dims, data), layout: "nchw" };
  }
  return { tensor: builder.node("Transpose", [value.tensor], { perm: TO_NCHW }), layout: "nchw" };
}

/**
 * Values that meet in one operation, all in the same layout: NCHW when every one is a picture in that order or a constant
 * (which is broadcast to it), else TensorFlow's, as what has fewer axes is broadcast from the last one.
 */
export function unifyLayouts(builder: GraphBuilder, values: readonly GraphValue[]): GraphValue[] {
  const arePictures = values.some(({ layout }) => layout === "nchw");
  const canBeNchw = values.every(({ layout, constant }) => layout === "nchw" || constant !== undefined);
  const convert = arePictures && canBeNchw ? toNchw : toPlain;
  return values.map((value) => convert(builder, value));
}

/** A constant with up to four axes as NCHW; missing axes are those TensorFlow would broadcast. */
function transposeConstant({ dims, data }: Weight): Weight {
  const [batch, height, width, channels] = [1, 1, 1, 1, ...dims].slice(-4) as [
    number,
    number,
    number,
    number,
  ];
  const transposed = data.slice();
  const area = height * width;
  for (let n = 0, from = 0; n < batch; n++) {
    for (let at = 0; at < area; at++) {
      for (let c = 0; c < channels; c++) transposed[(n * channels + c) * area + at] = data[from++]!;
    }
  }
  return { dims: [batch, channels, height, width], data: transposed };
}

/** A list of whole numbers as ONNX wants it for shapes and axes. */
export function integerConstant(builder: GraphBuilder, values: readonly number[]): string {
  return builder.constant([values.length], BigInt64Array.from(values, BigInt));
}

/** The numbers of a constant, row-major. */
export function numbersOf({ dims, data }: Weight): number[] {
  return Array.from(data.subarray(0, elementCount(dims)));
}
