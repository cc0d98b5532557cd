import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import onnxProto from "onnx-proto";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";

import { createSession } from "./create-session.ts";
import type { Tensor } from "./session.ts";

const { onnx } = onnxProto;
const { DataType } = onnx.TensorProto;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "create-session-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A model of one Concat of its input `x` [rows, 2] with itself, for any element type. */
function writeDoublingModel(name: string, elemType: number): string {
  const type = { tensorType: { elemType, shape: { dim: [{ dimParam: "rows" }, { dimValue: 2 }] } } };
  const model = onnx.ModelProto.create({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 13 }],
    graph: {
      name: "doubling",
      node: [
        {
          opType: "Concat",
          input: ["x", "x"],
          output: ["y"],
          attribute: [{ name: "axis", type: onnx.AttributeProto.AttributeType.INT, i: 0 }],
        },
      ],
      input: [{ name: "x", type }],
      output: [{ name: "y", type }],
    },
  });
  const path = join(folder, name);
  writeFileSync(path, onnx.ModelProto.encode(model).finish());
  return path;
}

describe("createSession", () => {
  it("tells the names of inputs and outputs, and input shapes with -1 for dynamic axes", async () => {
    const session = await createSession(writeDoublingModel("shapes.onnx", DataType.FLOAT));
    expect(session.inputNames).toEqual(["x"]);
    expect(session.outputNames).toEqual(["y"]);
    expect(session.inputShapes).toEqual({ x: [-1, 2] });
    expect(session.inputTypes).toEqual({ x: "float32" });
    await session.release();
  });

  test.each<{ input: Tensor; elemType: number; expected: ArrayLike<number | bigint> }>([
    {
      input: { type: "float32", data: new Float32Array([1.5, -2]), dims: [1, 2] },
      elemType: DataType.FLOAT,
      expected: new Float32Array([1.5, -2, 1.5, -2]),
    },
    {
      input: { type: "int32", data: new Int32Array([7, -8]), dims: [1, 2] },
      elemType: DataType.INT32,
      expected: new Int32Array([7, -8, 7, -8]),
    },
    {
      input: { type: "int64", data: new BigInt64Array([49406n, -1n]), dims: [1, 2] },
      elemType: DataType.INT64,
      expected: new BigInt64Array([49406n, -1n, 49406n, -1n]),
    },
    {
      input: { type: "uint8", data: new Uint8Array([0, 255]), dims: [1, 2] },
      elemType: DataType.UINT8,
      expected: new Uint8Array([0, 255, 0, 255]),
    },
    {
      input: { type: "float16", data: new Uint16Array([0x3c00, 0xc000]), dims: [1, 2] },
      elemType: DataType.FLOAT16,
      expected: new Uint16Array([0x3c00, 0xc000, 0x3c00, 0xc000]),
    },
  ])("carries $input.type tensors in and out unchanged", async ({ input, elemType, expected }) => {
    const session = await createSession(writeDoublingModel(`${input.type}.onnx`, elemType));
    const { y } = await session.run({ x: input });
    expect(y).toEqual({ type: input.type, data: expected, dims: [2, 2] });
    await session.release();
  });

  it("gives the same result with several threads", async () => {
    const session = await createSession(writeDoublingModel("threads.onnx", DataType.FLOAT), { threads: 2 });
    const { y } = await session.run({ x: { type: "float32", data: new Float32Array([1, 2]), dims: [1, 2] } });
    expect(y?.data).toEqual(new Float32Array([1, 2, 1, 2]));
    await session.release();
  });

  it("refuses a file that is not a model, naming the path", async () => {
    const path = join(folder, "pointer.onnx");
    writeFileSync(path, "version https://git-lfs.github.com/spec/v1\n");
    const failure = expect(createSession(path)).rejects;
    await failure.toMatchObject({ code: "model_invalid", message: expect.stringContaining(path) as string });
  });

  it("says when there is no such file, or when it is a folder", async () => {
    await expect(createSession(join(folder, "absent.onnx"))).rejects.toMatchObject({ code: "model_missing" });
    await expect(createSession(folder)).rejects.toMatchObject({ code: "model_invalid" });
  });

  it("names the model when a run is given what does not fit", async () => {
    const path = writeDoublingModel("misfit.onnx", DataType.FLOAT);
    const session = await createSession(path);
    const wrongShape: Tensor = { type: "float32", data: new Float32Array(3), dims: [1, 3] };
    await expect(session.run({ x: wrongShape })).rejects.toMatchObject({
      code: "model_invalid",
      message: expect.stringContaining(path) as string,
    });
    await expect(session.run({})).rejects.toMatchObject({ code: "model_invalid" });
    await session.release();
  });

  it("refuses to run after release", async () => {
    const session = await createSession(writeDoublingModel("released.onnx", DataType.FLOAT));
    await session.release();
    const input: Tensor = { type: "float32", data: new Float32Array(2), dims: [1, 2] };
    await expect(session.run({ x: input })).rejects.toThrow();
  });
});
