import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it, test } from "vitest";

import { loadGraphModel, loadTfjs, type Tfjs } from "../../../test/tfjs.ts";
import { createSession } from "../create-session.ts";
import { convertGraphModel } from "./convert-graph-model.ts";

let folder: string;
let tfjs: Tfjs;
beforeAll(async () => {
  tfjs = await loadTfjs();
  folder = mkdtempSync(join(tmpdir(), "graph-model-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const text = (value: string) => ({ s: Buffer.from(value).toString("base64") });
const texts = (...values: string[]) => ({ list: { s: values.map((value) => text(value).s) } });
const wholes = (...values: number[]) => ({ list: { i: values.map(String) } });
const FLOAT = { type: "DT_FLOAT" };
const INT = { type: "DT_INT32" };
const SAME = { padding: text("SAME"), data_format: text("NHWC"), dilations: wholes(1, 1, 1, 1), T: FLOAT };

interface Constant {
  readonly dims: readonly number[];
  readonly values: readonly number[];
  readonly dtype?: "int32";
}

interface Operation {
  readonly op: string;
  readonly inputs: readonly (string | Constant)[];
  readonly attr?: Record<string, unknown>;
}

const INPUT_DIMS = [1, 5, 6, 3] as const;

/** The graph of a chain or net of operations on the picture `x`; the last one is the output `y`. */
function writeGraph(name: string, operations: readonly Operation[]): string {
  const weights: { name: string; shape: readonly number[]; dtype: string; values: readonly number[] }[] = [];
  const nodes: object[] = [{ name: "x", op: "Placeholder", attr: { dtype: FLOAT } }];
  for (const [i, { op, inputs, attr = {} }] of operations.entries()) {
    const input = inputs.map((given, k) => {
      if (typeof given === "string") return given;
      const constant = `constant_${i}_${k}`;
      weights.push({
        name: constant,
        shape: given.dims,
        dtype: given.dtype ?? "float32",
        values: given.values,
      });
      nodes.push({ name: constant, op: "Const", attr: { dtype: given.dtype === "int32" ? INT : FLOAT } });
      return constant;
    });
    nodes.push({ name: i === operations.length - 1 ? "y" : `n${i}`, op, input, attr });
  }
  const dim = INPUT_DIMS.map((size) => ({ size: String(size) }));
  const model = {
    format: "graph-model",
    signature: {
      inputs: { x: { name: "x", dtype: "DT_FLOAT", tensorShape: { dim } } },
      outputs: { y: { name: "y", dtype: "DT_FLOAT", tensorShape: { dim: [{ size: "-1" }] } } },
    },
    modelTopology: { node: nodes, library: {}, versions: {} },
    weightsManifest: [
      { paths: ["weights.bin"], weights: weights.map(({ name, shape, dtype }) => ({ name, shape, dtype })) },
    ],
  };
  const directory = join(folder, name.replaceAll(/\W/g, "-"));
  mkdirSync(directory, { recursive: true });
  const bytes = weights.map(({ dtype, values }) =>
    Buffer.from((dtype === "int32" ? Int32Array : Float32Array).from(values).buffer),
  );
  writeFileSync(join(directory, "weights.bin"), Buffer.concat(bytes));
  writeFileSync(join(directory, "model.json"), JSON.stringify(model));
  return join(directory, "model.json");
}

const wave = (count: number, step = 0.7) => Array.from({ length: count }, (_, i) => Math.sin(i * step));
const ints = (...values: number[]): Constant => ({ dims: [values.length], values, dtype: "int32" });
const whole = (value: number): Constant => ({ dims: [], values: [value], dtype: "int32" });
const FILTERS: Constant = { dims: [3, 3, 3, 4], values: wave(108) };
const DEPTHWISE: Constant = { dims: [3, 3, 3, 2], values: wave(54) };
const slice = (
  begin: number[],
  end: number[],
  attr: Record<string, unknown> = {},
  rowStep = 2,
): Operation => ({
  op: "StridedSlice",
  inputs: ["x", ints(...begin), ints(...end), ints(1, rowStep, 1, 1)],
  attr: { T: FLOAT, Index: INT, ...attr },
});

const CASES: Readonly<Record<string, readonly Operation[]>> = {
  "a strided convolution": [
    { op: "Conv2D", inputs: ["x", FILTERS], attr: { ...SAME, strides: wholes(1, 2, 2, 1) } },
  ],
  "a fused convolution": [
    {
      op: "_FusedConv2D",
      inputs: ["x", FILTERS, { dims: [4], values: wave(4) }],
      attr: {
        ...SAME,
        padding: text("VALID"),
        strides: wholes(1, 1, 1, 1),
        fused_ops: texts("BiasAdd", "Relu6"),
        num_args: { i: "1" },
      },
    },
  ],
  "a depthwise convolution of two filters a channel": [
    { op: "DepthwiseConv2dNative", inputs: ["x", DEPTHWISE], attr: { ...SAME, strides: wholes(1, 1, 1, 1) } },
  ],
  pooling: [
    {
      op: "MaxPool",
      inputs: ["x"],
      attr: { ...SAME, ksize: wholes(1, 3, 3, 1), strides: wholes(1, 2, 2, 1) },
    },
    {
      op: "AvgPool",
      inputs: ["n0"],
      attr: { ...SAME, ksize: wholes(1, 2, 2, 1), strides: wholes(1, 1, 1, 1) },
    },
  ],
  "constants broadcast to a picture": [
    { op: "Mul", inputs: ["x", { dims: [3], values: [1, 2, 3] }], attr: { T: FLOAT } },
    { op: "AddV2", inputs: [{ dims: [6, 3], values: wave(18) }, "n0"], attr: { T: FLOAT } },
    { op: "Sub", inputs: ["n1", { dims: [], values: [0.25] }], attr: { T: FLOAT } },
    { op: "Prelu", inputs: ["n2", { dims: [3], values: [0.1, 0.2, 0.3] }], attr: {} },
  ],
  "a picture and its own transposition": [
    { op: "Transpose", inputs: ["x", ints(0, 1, 2, 3)], attr: { T: FLOAT, Tperm: INT } },
    { op: "Add", inputs: ["x", "n0"], attr: { T: FLOAT } },
  ],
  "batch normalisation": [
    {
      op: "FusedBatchNormV3",
      inputs: [
        "x",
        { dims: [3], values: [1, 2, 0.5] },
        { dims: [3], values: [0, 1, -1] },
        { dims: [3], values: [0.1, 0.2, 0.3] },
        { dims: [3], values: [1, 0.5, 2] },
      ],
      attr: { T: FLOAT, epsilon: { f: 0.001 }, is_training: { b: false }, data_format: text("NHWC") },
    },
  ],
  "means that keep their axes, and concatenation of pictures": [
    { op: "Mean", inputs: ["x", ints(1, 2)], attr: { T: FLOAT, keep_dims: { b: true } } },
    { op: "Mul", inputs: ["x", "n0"], attr: { T: FLOAT } },
    { op: "ConcatV2", inputs: ["x", "n1", whole(3)], attr: { T: FLOAT, N: { i: "2" } } },
  ],
  "means that drop their axes": [{ op: "Mean", inputs: ["x", ints(1, 2)], attr: { T: FLOAT } }],
  "bilinear resizing": [
    { op: "ResizeBilinear", inputs: ["x", ints(10, 12)], attr: { T: FLOAT } },
    { op: "ResizeBilinear", inputs: ["n0", ints(7, 9)], attr: { T: FLOAT, half_pixel_centers: { b: true } } },
  ],
  padding: [
    { op: "Pad", inputs: ["x", { ...ints(0, 0, 1, 2, 0, 3, 0, 0), dims: [4, 2] }], attr: { T: FLOAT } },
  ],
  "slices with masks": [
    slice([0, 1, 2, 0], [1, 4, 0, 3], { begin_mask: { i: "1" }, end_mask: { i: "4" } }),
    { op: "Relu", inputs: ["n0"], attr: { T: FLOAT } },
  ],
  "slices that drop axes": [slice([0, 1, 2, 0], [1, 5, 3, 3], { shrink_axis_mask: { i: "5" } }, 1)],
  "the largest numbers, where they stand and what stands elsewhere": [
    { op: "Reshape", inputs: ["x", ints(1, -1)], attr: { T: FLOAT, Tshape: INT } },
    { op: "TopKV2", inputs: ["n0", whole(5)], attr: { T: FLOAT, sorted: { b: true } } },
    { op: "FloorMod", inputs: ["n1:1", whole(7)], attr: { T: INT } },
    { op: "FloorDiv", inputs: ["n1:1", whole(7)], attr: { T: INT } },
    { op: "Add", inputs: ["n2", "n3"], attr: { T: INT } },
    { op: "GatherV2", inputs: ["n0", "n4", whole(1)], attr: { Tparams: FLOAT, batch_dims: { i: "0" } } },
    { op: "Squeeze", inputs: ["n5"], attr: { T: FLOAT, squeeze_dims: wholes(0) } },
    { op: "Cast", inputs: ["n2"], attr: { SrcT: INT, DstT: FLOAT } },
    { op: "ExpandDims", inputs: ["n7", whole(-1)], attr: { T: FLOAT } },
    { op: "Mul", inputs: ["n8", "n6"], attr: { T: FLOAT } },
  ],
  "peaks of a heat map": [
    { op: "Sigmoid", inputs: ["x"], attr: { T: FLOAT } },
    {
      op: "MaxPool",
      inputs: ["n0"],
      attr: { ...SAME, ksize: wholes(1, 3, 3, 1), strides: wholes(1, 1, 1, 1) },
    },
    { op: "Equal", inputs: ["n0", "n1"], attr: { T: FLOAT } },
    { op: "Cast", inputs: ["n2"], attr: { SrcT: { type: "DT_BOOL" }, DstT: FLOAT } },
    { op: "Mul", inputs: ["n0", "n3"], attr: { T: FLOAT } },
    { op: "Identity", inputs: ["n4", "^n3"], attr: { T: FLOAT } },
  ],
};

const PICTURE = Float32Array.from(wave(5 * 6 * 3, 1.3));

async function runConverted(path: string): Promise<Float32Array> {
  const [, height, width, channels] = INPUT_DIMS;
  const data = PICTURE.map((_, i) => {
    const channel = Math.floor(i / (height * width));
    return PICTURE[(i % (height * width)) * channels + channel]!;
  });
  const file = path.replace("model.json", "model.onnx");
  writeFileSync(file, await convertGraphModel(path, ["y"]));
  const session = await createSession(file);
  const { y } = await session.run({ x: { type: "float32", data, dims: [1, channels, height, width] } });
  await session.release();
  return y!.data as Float32Array;
}

describe("convertGraphModel", () => {
  test.each(Object.entries(CASES))("gives what TensorFlow.js gives: %s", async (name, operations) => {
    const path = writeGraph(name, operations);
    const runTfjs = await loadGraphModel(tfjs, path);
    const expected = runTfjs(PICTURE, INPUT_DIMS, "y").dataSync();
    const given = await runConverted(path);
    expect(given.length).toBe(expected.length);
    for (const [i, value] of given.entries()) expect(value).toBeCloseTo(expected[i]!, 5);
  });

  it("gives the same bytes each time", async () => {
    const path = writeGraph("twice", CASES["bilinear resizing"]!);
    expect(await convertGraphModel(path, ["y"])).toEqual(await convertGraphModel(path, ["y"]));
  });

  test.each([
    ["an operation it does not know", [{ op: "Roll", inputs: ["x"] }], /"y" \(Roll\).*not known/],
    ["a loop", [{ op: "Relu", inputs: ["y"] }], /part of a loop/],
    ["an input that is missing", [{ op: "Relu", inputs: ["nobody"] }], /"nobody" is missing/],
    ["an output that is missing", [{ op: "Relu", inputs: ["x:3"] }], /no output 3/],
    ["filters that are no constant", [{ op: "Conv2D", inputs: ["x", "x"], attr: SAME }], /not a constant/],
    [
      "filters of three axes",
      [{ op: "Conv2D", inputs: ["x", { dims: [1, 1, 3], values: wave(3) }], attr: SAME }],
      /four axes/,
    ],
    [
      "a shape of fractions",
      [{ op: "Reshape", inputs: ["x", { dims: [1], values: [-1] }] }],
      /whole numbers/,
    ],
    [
      "sizes that are no numbers",
      [{ op: "MaxPool", inputs: ["x"], attr: { ...SAME, ksize: { list: { i: ["two"] } } } }],
      /not as expected/,
    ],
    [
      "pictures in another order",
      [{ op: "MaxPool", inputs: ["x"], attr: { ...SAME, data_format: text("NCHW") } }],
      /NCHW/,
    ],
    ["explicit padding", [{ op: "MaxPool", inputs: ["x"], attr: { padding: text("EXPLICIT") } }], /EXPLICIT/],
    ["new axes in a slice", [slice([0, 0, 0, 0], [1, 1, 1, 1], { new_axis_mask: { i: "1" } })], /axes/],
    [
      "division of fractions without rest",
      [{ op: "FloorDiv", inputs: ["x", "x"], attr: { T: FLOAT } }],
      /whole/,
    ],
  ] as [string, Operation[], RegExp][])("refuses %s", async (name, operations, message) => {
    const path = writeGraph(`refuse ${name}`, operations);
    await expect(convertGraphModel(path, ["y"])).rejects.toMatchObject({
      code: "model_invalid",
      message: expect.stringMatching(message),
    });
  });

  it("refuses an output that the signature does not have", async () => {
    const path = writeGraph("unknown output", CASES["padding"]!);
    await expect(convertGraphModel(path, ["z"])).rejects.toThrow(/no output "z"/);
  });
});
