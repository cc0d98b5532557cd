import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bundledModel } from "../../../../test/bundled-models.ts";
import { createSession } from "../../../onnx/create-session.ts";
import type { ResolvedModel } from "../../../onnx/located-model.ts";
import { exportTriton } from "./export-triton.ts";
import { writeTextProto } from "./text-proto.ts";

/** A message that was read: each field with all values that it has. */
interface Message {
  readonly [field: string]: readonly (string | number | boolean | Message)[];
}

/** A reader of the text format, as far as our files use it: `name: value` and `name { … }`. */
function parseTextProto(text: string): Message {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}:]|[^\s{}:"]+/g) ?? [];
  let position = 0;
  const readMessage = (end: string | undefined): Message => {
    const message: Record<string, (string | number | boolean | Message)[]> = {};
    while (tokens[position] !== end) {
      const name = tokens[position++]!;
      expect(name, "a field's name").toMatch(/^[a-z_0-9]+$/);
      const isNested = tokens[position] === "{";
      expect([":", "{"]).toContain(tokens[position++]);
      (message[name] ??= []).push(isNested ? readMessage("}") : readScalar(tokens[position++]!));
    }
    position++;
    return message;
  };
  return readMessage(undefined);
}

function readScalar(token: string): string | number | boolean {
  if (token.startsWith('"')) {
    const bytes = token
      .slice(1, -1)
      .replaceAll(/\\(\d{3}|.)/g, (_all, escape: string) =>
        escape.length === 3 ? String.fromCharCode(Number.parseInt(escape, 8)) : escape,
      );
    return Buffer.from(bytes, "latin1").toString("utf8");
  }
  if (token === "true" || token === "false") return token === "true";
  return /^-?\d+$/.test(token) ? Number(token) : token;
}

let folder: string;
let target: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "keepsight-triton-"));
  target = join(folder, "repository");
});
afterEach(() => rm(folder, { recursive: true }));

const exportAll = async (ids: readonly string[], isForced = false) => {
  const models: ResolvedModel[] = [];
  for (const id of ids) models.push(await bundledModel(id));
  return exportTriton(models, target, { isForced });
};

const readConfig = async (name: string) =>
  parseTextProto(await readFile(join(target, name, "config.pbtxt"), "utf8"));

describe("exportTriton", () => {
  it("writes a folder for each network, which the runtime can run, and tells what it wrote", async () => {
    const { models } = await exportAll(["face-api-ssd", "pp-ocrv4-rec"]);
    expect(models).toEqual(["face-api-ssd", "face-api-ssd_landmarks", "pp-ocrv4-rec"]);
    expect((await readdir(target)).toSorted()).toEqual([...models, "keepsight-export.json"].toSorted());
    for (const name of models) {
      expect((await readdir(join(target, name))).toSorted()).toEqual(["1", "config.pbtxt"]);
      const session = await createSession(join(target, name, "1", "model.onnx"));
      const config = await readConfig(name);
      expect(config["input"]!.map((input) => (input as Message)["name"]![0])).toEqual(session.inputNames);
      expect(config["output"]!.map((output) => (output as Message)["name"]![0])).toEqual(session.outputNames);
      await session.release();
    }
    expect(await readdir(folder), "nothing is left beside it").toEqual(["repository"]);
  });

  it("batches where the first axis is free, and leaves it out of the shapes", async () => {
    await exportAll(["face-api-ssd"]);
    expect(await readConfig("face-api-ssd_landmarks")).toMatchObject({
      name: ["face-api-ssd_landmarks"],
      platform: ["onnxruntime_onnx"],
      max_batch_size: [16],
      input: [{ name: ["pixel_values"], data_type: ["TYPE_FP32"], dims: [3, 112, 112] }],
      output: [{ name: ["landmarks"], dims: [136] }],
      dynamic_batching: [{ preferred_batch_size: [4, 8, 16], max_queue_delay_microseconds: [2000] }],
      model_warmup: [
        { batch_size: [1], inputs: [{ key: ["pixel_values"], value: [{ dims: [3, 112, 112] }] }] },
      ],
    });
  });

  it("asks for TensorRT in half precision with an engine for all batches where sizes are fixed", async () => {
    await exportAll(["face-api-ssd"]);
    const [optimization] = (await readConfig("face-api-ssd"))["optimization"] as Message[];
    const [accelerators] = optimization!["execution_accelerators"] as Message[];
    const [accelerator] = accelerators!["gpu_execution_accelerator"] as Message[];
    const parameters = (accelerator!["parameters"] as Message[]).map(({ key, value }) => [
      key![0],
      value![0],
    ]);
    expect(accelerator!["name"]).toEqual(["tensorrt"]);
    expect(Object.fromEntries(parameters)).toMatchObject({
      precision_mode: "FP16",
      trt_engine_cache_enable: "1",
      trt_profile_max_shapes: "pixel_values:16x3x512x512",
    });
  });

  it("never batches a network with a fixed first axis", async () => {
    await exportAll(["centernet-mobilenetv3"]);
    const config = await readConfig("centernet-mobilenetv3");
    expect(config).toMatchObject({
      max_batch_size: [0],
      input: [{ name: ["tower_0/images"], dims: [1, 3, 512, 512] }],
      output: [{ dims: [1, 100, 6] }],
    });
    expect(config["dynamic_batching"]).toBeUndefined();
  });

  it("keeps a network that takes any width off TensorRT, and warms it up with a line of usual width", async () => {
    await exportAll(["pp-ocrv4-rec"]);
    const config = await readConfig("pp-ocrv4-rec");
    expect(config["optimization"]).toBeUndefined();
    expect(config).toMatchObject({
      input: [{ dims: [3, 48, -1] }],
      model_warmup: [{ inputs: [{ value: [{ dims: [3, 48, 320], zero_data: [true] }] }] }],
    });
  });

  it("renews its own export, and takes away what is no longer installed", async () => {
    await exportAll(["face-api-ssd", "dlib-face-resnet"]);
    await mkdir(join(target, "somebody-elses"));
    await exportAll(["dlib-face-resnet"]);
    expect((await readdir(target)).toSorted()).toEqual([
      "dlib-face-resnet",
      "keepsight-export.json",
      "somebody-elses",
    ]);
  });

  it("replaces nothing that is not its own, unless it is told to", async () => {
    await mkdir(join(target, "dlib-face-resnet"), { recursive: true });
    await writeFile(join(target, "dlib-face-resnet", "precious"), "1");
    await expect(exportAll(["dlib-face-resnet"])).rejects.toMatchObject({ code: "conflict" });
    expect(existsSync(join(target, "dlib-face-resnet", "precious"))).toBe(true);
    await exportAll(["dlib-face-resnet"], true);
    expect(existsSync(join(target, "dlib-face-resnet", "precious"))).toBe(false);
  });

  it("refuses a model of somebody else's beside its own export", async () => {
    await exportAll(["face-api-ssd"]);
    await mkdir(join(target, "dlib-face-resnet"));
    await expect(exportAll(["face-api-ssd", "dlib-face-resnet"])).rejects.toThrow(/dlib-face-resnet/);
  });

  it("leaves the former export as it was when a model cannot be read", async () => {
    await exportAll(["dlib-face-resnet"]);
    const before = await stat(join(target, "dlib-face-resnet"));
    const model = await bundledModel("dlib-face-resnet");
    await writeFile(join(folder, "broken.onnx"), "no model");
    const broken = { ...model, files: { model: join(folder, "broken.onnx") } };
    await expect(exportTriton([model, broken], target, { isForced: false })).rejects.toMatchObject({
      code: "model_invalid",
    });
    expect((await stat(join(target, "dlib-face-resnet"))).ino).toBe(before.ino);
    expect((await readdir(folder)).toSorted()).toEqual(["broken.onnx", "repository"]);
  });
});

describe("writeTextProto", () => {
  it("writes any text so that it comes back", () => {
    const text = 'a "quoted" \\ path/\n中:{}';
    expect(parseTextProto(writeTextProto([["name", text]]))).toEqual({ name: [text] });
  });
});
