import { describe, expect, it, test } from "vitest";
import { fileURLToPath } from "node:url";
import { KeepsightError } from "../../core/errors.ts";
import { createLogger } from "../../core/logger.ts";
import type { WireTensor } from "../../kserve/wire-tensor.ts";
import type { ModelSignature } from "../../onnx/describe-model.ts";
import type { InferencePool } from "./inference-pool.ts";
import { createModelServer } from "./model-server.ts";

/** Any file will do: nothing here is run by the runtime. */
const PATH = fileURLToPath(import.meta.url);

const SIGNATURE: ModelSignature = {
  inputs: [
    { name: "image", type: "float32", shape: [-1, 2] },
    { name: "size", type: "int64", shape: [1] },
  ],
  outputs: [
    { name: "a", type: "float32", shape: [-1] },
    { name: "b", type: "float32", shape: [-1] },
  ],
};

function floats(name: string, shape: readonly number[], values: readonly number[]): WireTensor {
  return { name, datatype: "FP32", shape, data: new Uint8Array(new Float32Array(values).buffer) };
}

const image = floats("image", [1, 2], [1, 2]);
const size: WireTensor = { name: "size", datatype: "INT64", shape: [1], data: new Uint8Array(8) };

/** A server of the models "good" and "broken", whose runs give two outputs, and what each run was given. */
function createTestServer() {
  const runs: (readonly WireTensor[])[] = [];
  const mayLook = Promise.withResolvers<void>();
  const pool: InferencePool = {
    size: 1,
    async run(_path, inputs) {
      runs.push(inputs);
      return { outputs: [floats("b", [1], [2]), floats("a", [1], [1])], runMs: 1 };
    },
    countWaiting: () => 0,
    close: async () => {},
  };
  const server = createModelServer({
    files: [
      { name: "good", modelId: "good", path: PATH },
      { name: "broken", modelId: "broken", path: "broken" },
    ],
    pool,
    describer: {
      async describe(path) {
        await mayLook.promise;
        if (path === "broken") throw new KeepsightError("model_invalid", "it has a hole");
        return SIGNATURE;
      },
      close: async () => {},
    },
    version: "1.2.3",
    logger: createLogger("silent"),
  });
  return { server, runs, look: () => mayLook.resolve() };
}

async function startTestServer() {
  const { server, runs, look } = createTestServer();
  look();
  await server.start();
  return { server, runs };
}

describe("createModelServer", () => {
  it("lives before its models are loaded, and says of each that it may be asked again", async () => {
    const { server, look } = createTestServer();
    const started = server.start();
    expect([await server.isLive(), await server.isReady(), await server.isModelReady("good")]).toEqual([
      true,
      false,
      false,
    ]);
    await expect(server.modelMetadata("good")).rejects.toMatchObject({ code: "unavailable" });
    look();
    await started;
    expect([await server.isReady(), await server.isModelReady("good")]).toEqual([true, true]);
  });

  it("serves the others when a model cannot be loaded, and says why that one is not", async () => {
    const { server } = await startTestServer();
    expect(await server.isModelReady("broken")).toBe(false);
    await expect(server.infer({ modelName: "broken", inputs: [] })).rejects.toThrow(/it has a hole/);
  });

  it("gives the outputs that were asked for, in that order, from inputs in any order", async () => {
    const { server, runs } = await startTestServer();
    const all = await server.infer({ modelName: "good", id: "7", inputs: [size, image] });
    expect(all).toMatchObject({ id: "7", modelVersion: "1", outputs: [{ name: "a" }, { name: "b" }] });
    expect(runs[0]!.map(({ name }) => name)).toEqual(["image", "size"]);
    const one = await server.infer({ modelName: "good", inputs: [image, size], outputNames: ["b"] });
    expect(one.outputs.map(({ name }) => name)).toEqual(["b"]);
  });

  test.each<[string, readonly WireTensor[], RegExp]>([
    ["a missing input", [image], /"size" of "good" is missing/],
    ["an unknown input", [image, size, { ...size, name: "depth" }], /"depth"/],
    ["an input given twice", [image, image, size], /given twice/],
    ["another type", [{ ...image, datatype: "INT32" }, size], /INT32 \[1, 2\] where FP32 \[-1, 2\]/],
    ["another number of axes", [{ ...image, shape: [2] }, size], /FP32 \[2\]/],
    ["another fixed axis", [{ ...image, shape: [2, 1] }, size], /FP32 \[2, 1\]/],
    ["an empty axis", [floats("image", [0, 2], []), size], /FP32 \[0, 2\]/],
  ])("refuses %s before anything is run", async (_what, inputs, message) => {
    const { server, runs } = await startTestServer();
    const failure = expect(server.infer({ modelName: "good", inputs })).rejects;
    await failure.toMatchObject({ code: "bad_request", message: expect.stringMatching(message) as string });
    expect(runs).toEqual([]);
  });

  it("refuses outputs that the model does not have", async () => {
    const { server } = await startTestServer();
    const asked = server.infer({ modelName: "good", inputs: [image, size], outputNames: ["c"] });
    await expect(asked).rejects.toMatchObject({ code: "bad_request" });
  });
});
