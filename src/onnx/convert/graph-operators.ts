import { DATA_TYPE } from "./encode-model.ts";
import { toDepthwiseFilters, toFilters } from "./filters.ts";
import type { GraphBuilder } from "./graph-builder.ts";
import {
  type GraphNode,
  readFlag,
  readFloat,
  readInteger,
  readIntegers,
  readText,
  readTexts,
  readType,
  unsupported,
} from "./graph-node.ts";
import {
  type GraphValue,
  integerConstant,
  numbersOf,
  toNchw,
  toNchwAxis,
  toPlain,
  unifyLayouts,
} from "./graph-value.ts";
import type { Weight } from "./read-weights.ts";

/**
 * TensorFlow operations in ONNX (opset 13): one entry an operation, each giving back the outputs of the operation. What an
 * entry does not know of (a data format, a padding, a fused activation) it refuses, so that nothing is converted wrongly.
 */

/** An operation to translate and where to put it. */
export interface Translation {
  readonly builder: GraphBuilder;
  readonly node: GraphNode;
  readonly inputs: readonly GraphValue[];
}

/** Gives back the outputs of an operation. Throws `model_invalid` when it cannot be translated. */
export type Translator = (translation: Translation) => GraphValue[];

export const OPERATORS: Readonly<Record<string, Translator>> = {
  Identity: ({ inputs }) => [...inputs],
  Conv2D: convolve,
  _FusedConv2D: convolve,
  DepthwiseConv2dNative: convolve,
  FusedDepthwiseConv2dNative: convolve,
  FusedBatchNorm: normalizeBatch,
  FusedBatchNormV2: normalizeBatch,
  FusedBatchNormV3: normalizeBatch,
  MaxPool: pool("MaxPool"),
  AvgPool: pool("AveragePool"),
  Relu: unary("Relu"),
  Sigmoid: unary("Sigmoid"),
  Tanh: unary("Tanh"),
  Exp: unary("Exp"),
  Sqrt: unary("Sqrt"),
  Relu6: (translation) => [activate(translation, input(translation, 0), "Relu6")],
  LeakyRelu: ({ builder, node, inputs: [x] }) => [
    { ...x!, tensor: builder.node("LeakyRelu", [x!.tensor], { alpha: { float: readFloat(node, "alpha") } }) },
  ],
  Prelu: binary("PRelu"),
  Add: binary("Add"),
  AddV2: binary("Add"),
  BiasAdd: binary("Add"),
  Sub: binary("Sub"),
  Mul: binary("Mul"),
  RealDiv: binary("Div"),
  Maximum: binary("Max"),
  Minimum: binary("Min"),
  Equal: binary("Equal"),
  FloorDiv: divideWhole,
  FloorMod: divideWhole,
  Cast: cast,
  Mean: average,
  ConcatV2: concatenate,
  ResizeBilinear: resize,
  Transpose: (translation) => [
    plainNode(translation, "Transpose", [plainInput(translation, 0)], { perm: integers(translation, 1) }),
  ],
  Reshape: (translation) => [
    plainNode(translation, "Reshape", [plainInput(translation, 0), integerInput(translation, 1)]),
  ],
  ExpandDims: (translation) => [
    plainNode(translation, "Unsqueeze", [plainInput(translation, 0), integerInput(translation, 1)]),
  ],
  Squeeze: (translation) => [
    plainNode(translation, "Squeeze", [
      plainInput(translation, 0),
      integerConstant(translation.builder, readIntegers(translation.node, "squeeze_dims")),
    ]),
  ],
  Softmax: (translation) => [plainNode(translation, "Softmax", [plainInput(translation, 0)], { axis: -1 })],
  Pad: pad,
  StridedSlice: slice,
  TopKV2: takeLargest,
  GatherV2: gather,
};

function input({ node, inputs }: Translation, index: number): GraphValue {
  const value = inputs[index];
  if (value === undefined) throw unsupported(node, `it has no input ${index}`);
  return value;
}

function constantInput(translation: Translation, index: number): Weight {
  const { constant } = input(translation, index);
  if (constant === undefined) throw unsupported(translation.node, `its input ${index} is not a constant`);
  return constant;
}

function integers(translation: Translation, index: number): number[] {
  const constant = constantInput(translation, index);
  if (constant.data instanceof Int32Array) return numbersOf(constant);
  throw unsupported(translation.node, `its input ${index} is not one of whole numbers`);
}

function integer(translation: Translation, index: number): number {
  return integers(translation, index)[0] ?? 0;
}

function integerInput(translation: Translation, index: number): string {
  return integerConstant(translation.builder, integers(translation, index));
}

function plainInput(translation: Translation, index: number): string {
  return toPlain(translation.builder, input(translation, index)).tensor;
}

function plainNode(
  { builder }: Translation,
  operator: string,
  inputs: readonly string[],
  attributes: Parameters<GraphBuilder["node"]>[2] = {},
): GraphValue {
  return { tensor: builder.node(operator, inputs, attributes), layout: "plain" };
}

/** A picture for an operation that takes nothing else. */
function picture(translation: Translation): string {
  const { builder, node } = translation;
  const format = readText(node, "data_format");
  if (format !== "" && format !== "NHWC") throw unsupported(node, `its data format is ${format}`);
  return toNchw(builder, input(translation, 0)).tensor;
}

function paddingOf(node: GraphNode): string {
  const padding = readText(node, "padding");
  if (padding === "SAME") return "SAME_UPPER";
  if (padding === "VALID") return "VALID";
  throw unsupported(node, `its padding is ${padding || "not given"}`);
}

function spatial(node: GraphNode, name: string): number[] {
  const [, height = 1, width = 1] = readIntegers(node, name);
  return [height, width];
}

function convolve(translation: Translation): GraphValue[] {
  const { builder, node } = translation;
  const weight = constantInput(translation, 1);
  const isDepthwise = node.op.includes("Depthwise");
  const { dims, data, groups } = isDepthwise ? toDepthwiseFilters(weight) : toFilters(weight);
  const fused = readTexts(node, "fused_ops");
  const inputs = [picture(translation), builder.constant(dims, data)];
  if (fused[0] === "BiasAdd") inputs.push(input(translation, 2).tensor);
  const tensor = builder.node("Conv", inputs, {
    auto_pad: paddingOf(node),
    dilations: spatial(node, "dilations"),
    group: groups,
    kernel_shape: dims.slice(2),
    strides: spatial(node, "strides"),
  });
  return [
    fused
      .slice(fused[0] === "BiasAdd" ? 1 : 0)
      .reduce((x, activation) => activate(translation, x, activation), {
        tensor,
        layout: "nchw",
      } as GraphValue),
  ];
}

function activate(translation: Translation, x: GraphValue, activation: string): GraphValue {
  const { builder, node } = translation;
  if (activation === "Relu" || activation === "Sigmoid") {
    return { layout: x.layout, tensor: builder.node(activation, [x.tensor]) };
  }
  if (activation === "Relu6") {
    const bounds = [0, 6].map((bound) => builder.constant([], Float32Array.of(bound)));
    return { layout: x.layout, tensor: builder.node("Clip", [x.tensor, ...bounds]) };
  }
  if (activation === "Prelu") {
    const [values, slopes] = unifyLayouts(builder, [x, input(translation, 3)]) as [GraphValue, GraphValue];
    return { layout: values.layout, tensor: builder.node("PRelu", [values.tensor, slopes.tensor]) };
  }
  throw unsupported(node, `it is fused with ${activation}`);
}

function normalizeBatch(translation: Translation): GraphValue[] {
  const { builder, node } = translation;
  const inputs = [1, 2, 3, 4].map((index) => input(translation, index).tensor);
  const epsilon = { float: readFloat(node, "epsilon") };
  const tensor = builder.node("BatchNormalization", [picture(translation), ...inputs], { epsilon });
  return [{ tensor, layout: "nchw" }];
}

function pool(operator: string): Translator {
  return (translation) => {
    const { builder, node } = translation;
    const tensor = builder.node(operator, [picture(translation)], {
      auto_pad: paddingOf(node),
      kernel_shape: spatial(node, "ksize"),
      strides: spatial(node, "strides"),
    });
    return [{ tensor, layout: "nchw" }];
  };
}

function unary(operator: string): Translator {
  return (translation) => {
    const x = input(translation, 0);
    return [{ layout: x.layout, tensor: translation.builder.node(operator, [x.tensor]) }];
  };
}

function binary(operator: string): Translator {
  return (translation) => {
    const { builder } = translation;
    const pair = [input(translation, 0), input(translation, 1)];
    const [a, b] = unifyLayouts(builder, pair) as [GraphValue, GraphValue];
    return [{ layout: a.layout, tensor: builder.node(operator, [a.tensor, b.tensor]) }];
  };
}

/** Rounds down: the remainder has the sign of the divisor, and what is left divides without one. */
function divideWhole(translation: Translation): GraphValue[] {
  const { builder, node } = translation;
  if (readType(node, "T") !== "DT_INT32") throw unsupported(node, "it is not one of whole numbers");
  const [a, b] = [plainInput(translation, 0), plainInput(translation, 1)];
  const remainder = builder.node("Mod", [a, b]);
  if (node.op === "FloorMod") return [{ tensor: remainder, layout: "plain" }];
  return [plainNode(translation, "Div", [builder.node("Sub", [a, remainder]), b])];
}

const CAST_TYPES: Readonly<Record<string, number>> = {
  DT_FLOAT: DATA_TYPE.float32,
  DT_INT32: DATA_TYPE.int32,
  DT_BOOL: DATA_TYPE.bool,
};

function cast(translation: Translation): GraphValue[] {
  const { builder, node } = translation;
  const x = input(translation, 0);
  const to = CAST_TYPES[readType(node, "DstT")];
  if (to === undefined) throw unsupported(node, `there is no ${readType(node, "DstT")} here`);
  return [{ layout: x.layout, tensor: builder.node("Cast", [x.tensor], { to }) }];
}

function average(translation: Translation): GraphValue[] {
  const { builder, node } = translation;
  const x = input(translation, 0);
  const axes = integers(translation, 1);
  const keeps = readFlag(node, "keep_dims");
  const staysPicture = x.layout === "nchw" && keeps;
  const source = staysPicture ? x : toPlain(builder, x);
  const tensor = builder.node("ReduceMean", [source.tensor], {
    axes: staysPicture ? axes.map(toNchwAxis) : axes,
    keepdims: keeps ? 1 : 0,
  });
  return [{ tensor, layout: source.layout }];
}

function concatenate(translation: Translation): GraphValue[] {
  const { builder, inputs } = translation;
  const last = inputs.length - 1;
  const axis = integer(translation, last);
  const parts = inputs.slice(0, last);
  // Constants are not broadcast here, so only pictures may stay as they are.
  const arePictures = parts.every(({ layout }) => layout === "nchw");
  const tensors = parts.map((part) => (arePictures ? part : toPlain(builder, part)).tensor);
  const attributes = { axis: arePictures ? toNchwAxis(axis) : axis };
  return [{ tensor: builder.node("Concat", tensors, attributes), layout: arePictures ? "nchw" : "plain" }];
}

function resize(translation: Translation): GraphValue[] {
  const { builder, node } = translation;
  const x = picture(translation);
  const kept = builder.node("Slice", [
    builder.node("Shape", [x]),
    integerConstant(builder, [0]),
    integerConstant(builder, [2]),
  ]);
  const sizes = builder.node("Concat", [kept, integerInput(translation, 1)], { axis: 0 });
  const tensor = builder.node("Resize", [x, "", "", sizes], {
    coordinate_transformation_mode: coordinatesOf(node),
    mode: "linear",
  });
  return [{ tensor, layout: "nchw" }];
}

function coordinatesOf(node: GraphNode): string {
  if (readFlag(node, "align_corners")) return "align_corners";
  return readFlag(node, "half_pixel_centers") ? "half_pixel" : "asymmetric";
}

function pad(translation: Translation): GraphValue[] {
  const amounts = integers(translation, 1);
  const starts = amounts.filter((_, i) => i % 2 === 0);
  const ends = amounts.filter((_, i) => i % 2 === 1);
  const pads = integerConstant(translation.builder, [...starts, ...ends]);
  return [plainNode(translation, "Pad", [plainInput(translation, 0), pads])];
}

/** Far enough to be the end of any axis. */
const OPEN_END = 2 ** 31 - 1;

function slice(translation: Translation): GraphValue[] {
  const { builder, node } = translation;
  if (["ellipsis_mask", "new_axis_mask"].some((mask) => readInteger(node, mask) !== 0)) {
    throw unsupported(node, "it adds or leaves out axes");
  }
  const strides = integers(translation, 3);
  if (strides.some((stride) => stride < 1)) throw unsupported(node, "it goes backwards");
  const isSet = (mask: string, axis: number) => ((readInteger(node, mask) >> axis) & 1) === 1;
  const starts = integers(translation, 1).map((start, axis) => (isSet("begin_mask", axis) ? 0 : start));
  const ends = integers(translation, 2).map((end, axis) => {
    // −1 would be one before the end, not the end, when a single last element is meant.
    if (isSet("shrink_axis_mask", axis)) return starts[axis] === -1 ? OPEN_END : starts[axis]! + 1;
    return isSet("end_mask", axis) ? OPEN_END : end;
  });
  const axes = strides.map((_, axis) => axis);
  const sliced = plainNode(translation, "Slice", [
    plainInput(translation, 0),
    ...[starts, ends, axes, strides].map((values) => integerConstant(builder, values)),
  ]);
  const shrunk = axes.filter((axis) => isSet("shrink_axis_mask", axis));
  if (shrunk.length === 0) return [sliced];
  return [plainNode(translation, "Squeeze", [sliced.tensor, integerConstant(builder, shrunk)])];
}

function takeLargest(translation: Translation): GraphValue[] {
  const { builder } = translation;
  const count = integerConstant(builder, [integer(translation, 1)]);
  const [values, indices] = builder.nodes("TopK", [plainInput(translation, 0), count], 2) as [string, string];
  return [
    { tensor: values, layout: "plain" },
    // TensorFlow counts in 32 bits, and what is calculated with the indices has to fit.
    plainNode(translation, "Cast", [indices], { to: DATA_TYPE.int32 }),
  ];
}

function gather(translation: Translation): GraphValue[] {
  if (readInteger(translation.node, "batch_dims") !== 0) {
    throw unsupported(translation.node, "it gathers batch by batch");
  }
  const inputs = [plainInput(translation, 0), plainInput(translation, 1)];
  return [plainNode(translation, "Gather", inputs, { axis: integer(translation, 2) })];
}
