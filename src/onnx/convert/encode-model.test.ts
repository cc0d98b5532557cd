import onnxProto from "onnx-proto";
import { describe, expect, it } from "vitest";

import { encodeModel, type OnnxGraph } from "./encode-model.ts";

const GRAPH: OnnxGraph = {
  inputs: [{ name: "x", type: "float32", dims: ["batch", 3] }],
  outputs: [{ name: "y", type: "float32", dims: ["batch", 300] }],
  nodes: [
    {
      operator: "Concat",
      inputs: ["x", "weights"],
      outputs: ["y"],
      attributes: { axis: -1, mode: "linear", kernel_shape: [3, 1], epsilon: { float: 0.5 } },
    },
  ],
  constants: [
    { name: "weights", dims: [2, 1], data: Float32Array.of(1.5, -2) },
    { name: "indices", dims: [1], data: Int32Array.of(-7) },
    { name: "shape", dims: [2], data: BigInt64Array.of(0n, -1n) },
  ],
};

describe("encodeModel", () => {
  const { ModelProto } = onnxProto.onnx;
  const model = ModelProto.toObject(ModelProto.decode(encodeModel(GRAPH)), {
    longs: Number,
    arrays: true,
  }) as unknown as {
    irVersion: number;
    opsetImport: { domain: string; version: number }[];
    graph: Record<"node" | "initializer" | "input" | "output", Record<string, unknown>[]>;
  };

  it("states the version of the format and of the operators", () => {
    expect(model.irVersion).toBe(8);
    expect(model.opsetImport).toMatchObject([{ domain: "", version: 13 }]);
  });

  it("writes operations with all kinds of attributes", () => {
    expect(model.graph.node).toMatchObject([{ opType: "Concat", input: ["x", "weights"], output: ["y"] }]);
    const attributes = model.graph.node[0]!["attribute"] as { name: string; s: Uint8Array }[];
    expect(attributes).toMatchObject([
      { name: "axis", type: 2, i: -1 },
      { name: "mode", type: 3 },
      { name: "kernel_shape", type: 7, ints: [3, 1] },
      { name: "epsilon", type: 1, f: 0.5 },
    ]);
    expect(Buffer.from(attributes[1]!.s).toString()).toBe("linear");
  });

  it("writes numbers as little-endian bytes under their type", () => {
    expect(model.graph.initializer).toMatchObject([
      { name: "weights", dims: [2, 1], dataType: 1 },
      { name: "indices", dims: [1], dataType: 6 },
      { name: "shape", dims: [2], dataType: 7 },
    ]);
    const bytes = model.graph.initializer.map(({ rawData }) => Buffer.from(rawData as Uint8Array));
    expect([bytes[0]!.readFloatLE(0), bytes[0]!.readFloatLE(4)]).toEqual([1.5, -2]);
    expect(bytes[1]!.readInt32LE(0)).toBe(-7);
    expect([bytes[2]!.readBigInt64LE(0), bytes[2]!.readBigInt64LE(8)]).toEqual([0n, -1n]);
  });

  it("writes shapes with free axes", () => {
    const shape = { dim: [{ dimParam: "batch" }, { dimValue: 300 }] };
    expect(model.graph.output).toMatchObject([{ name: "y", type: { tensorType: { elemType: 1, shape } } }]);
  });
});
