import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import onnxProto from "onnx-proto";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { createRandom } from "../../math/random.ts";
import { hasShared, sharedPath } from "../../../test/shared-files.ts";
import { createVitTower, type VitShape } from "../../../test/vit-tower.ts";
import { dotProduct, normalize } from "../../math/vector.ts";
import { createSession } from "../create-session.ts";
import type { Tensor } from "../session.ts";
import { quantizeTower } from "./quantize-tower.ts";

const { onnx } = onnxProto;
const { FLOAT } = onnx.TensorProto.DataType;

const SHAPE: VitShape = { inputSize: 64, patchSize: 16, width: 128, layers: 2, heads: 4, dimensions: 64 };
/** Products of a layer: queries, keys, values, output, and the feed-forward pair. */
const PRODUCTS = 6;
const ALL = { leaveContractions: false };

let folder: string;
let tower: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "quantize-"));
  tower = join(folder, "tower.onnx");
  writeFileSync(tower, createVitTower(SHAPE));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function embed(path: string, seed: number): Promise<Float32Array> {
  const random = createRandom(seed);
  const { inputSize: side } = SHAPE;
  const data = Float32Array.from({ length: 3 * side * side }, () => random() * 4 - 2);
  return normalize(await run(path, "pixel_values", { type: "float32", data, dims: [1, 3, side, side] }));
}

async function run(path: string, name: string, input: Tensor): Promise<Float32Array> {
  const session = await createSession(path);
  const output = Object.values(await session.run({ [name]: input }))[0]!.data as Float32Array;
  await session.release();
  return output;
}

function readModel(path: string) {
  return onnx.ModelProto.decode(readFileSync(path)) as ReturnType<typeof onnx.ModelProto.decode> & {
    graph: NonNullable<ReturnType<typeof onnx.ModelProto.decode>["graph"]>;
  };
}

const countOf = (path: string, operator: string) =>
  readModel(path).graph.node!.filter(({ opType }) => opType === operator).length;

describe("quantizeTower", () => {
  it("gives embeddings in nearly the same direction, from a third of the bytes", async () => {
    const quantized = join(folder, "near.onnx");
    const { productCount, quantizedShare } = quantizeTower(tower, quantized, ALL);
    expect(productCount).toBe(SHAPE.layers * PRODUCTS);
    expect(quantizedShare).toBeGreaterThan(0.7);
    expect(statSync(quantized).size).toBeLessThan(statSync(tower).size / 2);
    for (const seed of [1, 2, 3]) {
      expect(dotProduct(await embed(tower, seed), await embed(quantized, seed))).toBeGreaterThan(0.998);
    }
  });

  it("quantises what enters several products once", () => {
    const quantized = join(folder, "once.onnx");
    quantizeTower(tower, quantized, ALL);
    expect(countOf(quantized, "MatMulInteger")).toBe(SHAPE.layers * PRODUCTS);
    // Queries, keys and values share their input.
    expect(countOf(quantized, "DynamicQuantizeLinear")).toBe(SHAPE.layers * (PRODUCTS - 2));
  });

  it("leaves the way in and the projection at the end alone", () => {
    const quantized = join(folder, "ends.onnx");
    quantizeTower(tower, quantized, ALL);
    expect(countOf(quantized, "Conv")).toBe(1);
    const projection = readModel(quantized).graph.initializer!.find(
      ({ dims }) => dims!.map(Number).join() === `${SHAPE.width},${SHAPE.dimensions}`,
    );
    expect(projection?.dataType).toBe(FLOAT);
  });

  it("can leave out what comes after the activation function", () => {
    const { productCount } = quantizeTower(tower, join(folder, "mixed.onnx"), { leaveContractions: true });
    expect(productCount).toBe(SHAPE.layers * (PRODUCTS - 1));
  });

  it("gives the same bytes again", () => {
    const sha256 = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
    const [first, second] = [join(folder, "first.onnx"), join(folder, "second.onnx")];
    quantizeTower(tower, first, ALL);
    quantizeTower(tower, second, ALL);
    expect(sha256(second)).toBe(sha256(first));
  });

  it("reads tensors from a file beside the model, and needs that file no longer", async () => {
    const outside = join(folder, "outside");
    mkdirSync(outside);
    const split = join(outside, "tower.onnx");
    moveTensorsOut(tower, split, "tower.data");
    expect(dotProduct(await embed(tower, 4), await embed(split, 4))).toBeCloseTo(1, 6);
    const quantized = join(folder, "whole.onnx");
    expect(quantizeTower(split, quantized, ALL)).toMatchObject({ externalFiles: ["tower.data"] });
    rmSync(outside, { recursive: true });
    expect(dotProduct(await embed(tower, 4), await embed(quantized, 4))).toBeGreaterThan(0.998);
  });

  it("reads no file outside the model's folder, whatever the model says", () => {
    const outside = join(folder, "elsewhere");
    mkdirSync(outside);
    writeFileSync(join(folder, "secret.data"), readFileSync(tower));
    moveTensorsOut(tower, join(outside, "tower.onnx"), "../secret.data");
    expect(() => quantizeTower(join(outside, "tower.onnx"), join(folder, "never.onnx"), ALL)).toThrow(
      /ENOENT/,
    );
  });

  it("computes Gemm with a transposed matrix and a bias, in a model that names its tensors among its inputs", async () => {
    const [path, quantized] = [join(folder, "gemm.onnx"), join(folder, "gemm8.onnx")];
    writeFileSync(path, createGemmModel());
    expect(quantizeTower(path, quantized, ALL)).toMatchObject({ productCount: 1 });
    expect(readModel(quantized).graph.input!.map(({ name }) => name)).toEqual(["x"]);
    const random = createRandom(3);
    const data = Float32Array.from({ length: 128 }, () => random() - 0.5);
    const input: Tensor = { type: "float32", data, dims: [1, 128] };
    const [exact, near] = [await run(path, "x", input), await run(quantized, "x", input)];
    expect(dotProduct(normalize(exact), normalize(near))).toBeGreaterThan(0.999);
    expect(Math.max(...near)).toBeCloseTo(Math.max(...exact), 0);
  });

  test.each([
    ["a text", Buffer.from("version https://git-lfs.github.com/spec/v1\n"), "model_invalid"],
    ["half a model", undefined, "model_invalid"],
    ["an empty file", Buffer.alloc(0), "conflict"],
  ])("refuses %s and leaves nothing behind", (what, bytes, code) => {
    const [path, quantized] = [join(folder, `${what}.onnx`), join(folder, `${what}8.onnx`)];
    writeFileSync(path, bytes ?? readFileSync(tower).subarray(0, statSync(tower).size / 2));
    expect(() => quantizeTower(path, quantized, ALL)).toThrow(expect.objectContaining({ code }) as Error);
    expect(existsSync(quantized)).toBe(false);
  });

  const networks = ["image-classification/mobilenetv2_float32.onnx", "face-recognition/mobilefacenet.onnx"];
  describe.runIf(hasShared("convolutional networks", ...networks.map((name) => `models/${name}`)))(
    "with convolutional networks",
    () => {
      test.each(networks)("refuses %s", (name) => {
        const path = sharedPath(`models/${name}`);
        expect(() => quantizeTower(path, join(folder, "conv8.onnx"), ALL)).toThrow(
          /no large matrix products/,
        );
      });
    },
  );
});

/** The model with the numbers of its tensors in a file of their own. */
function moveTensorsOut(source: string, destination: string, location: string): void {
  const model = readModel(source);
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const tensor of model.graph.initializer!) {
    const bytes = tensor.rawData as Uint8Array;
    if (bytes.byteLength < 1024) continue;
    parts.push(bytes);
    tensor.rawData = null as unknown as Uint8Array;
    tensor.dataLocation = onnx.TensorProto.DataLocation.EXTERNAL;
    tensor.externalData = Object.entries({ location, offset, length: bytes.byteLength }).map(
      ([key, value]) => ({
        key,
        value: String(value),
      }),
    );
    offset += bytes.byteLength;
  }
  writeFileSync(destination, onnx.ModelProto.encode(model).finish());
  if (!location.includes("/")) writeFileSync(join(destination, "..", location), Buffer.concat(parts));
}

/** Three Gemm layers of 128, as old exports have them: IR version 3, matrices transposed, numbers as a list of floats. */
function createGemmModel(): Uint8Array {
  const random = createRandom(9);
  const floats = (count: number) => Array.from({ length: count }, () => random() - 0.5);
  const value = (name: string, dims: readonly number[]) => ({
    name,
    type: { tensorType: { elemType: FLOAT, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
  });
  const layers = [1, 2, 3];
  const matrix = (i: number) => ({
    name: `w${i}`,
    dims: [128, 128],
    dataType: FLOAT,
    floatData: floats(128 * 128),
  });
  const bias = (i: number) => ({ name: `b${i}`, dims: [128], dataType: FLOAT, floatData: floats(128) });
  const initializer = layers.flatMap((i) => [matrix(i), bias(i)]);
  return onnx.ModelProto.encode(
    onnx.ModelProto.create({
      irVersion: 3,
      opsetImport: [{ domain: "", version: 13 }],
      graph: {
        name: "layers",
        node: layers.map((i) => ({
          opType: "Gemm",
          input: [i === 1 ? "x" : `y${i - 1}`, `w${i}`, `b${i}`],
          output: [`y${i}`],
          attribute: [{ name: "transB", type: onnx.AttributeProto.AttributeType.INT, i: 1 }],
        })),
        initializer,
        input: [value("x", [1, 128]), ...initializer.map(({ name, dims }) => value(name, dims))],
        output: [value("y3", [1, 128])],
      },
    }),
  ).finish();
}
