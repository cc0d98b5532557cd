import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";

import { KeepsightError } from "../../core/errors.ts";
import { type Conversion, convertModel } from "./convert-model.ts";
import { readModelJson, readWeights, WeightManifest } from "./read-weights.ts";

let folder: string;
let manifestPath: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "read-weights-"));
  manifestPath = join(folder, "manifest.json");
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(bytes: Uint8Array, name = "shard.bin"): void {
  writeFileSync(join(folder, name), bytes);
}

const bytesOf = (numbers: Float32Array | Int32Array | Uint16Array) => new Uint8Array(numbers.buffer);

describe("readWeights", () => {
  test.each([
    ["float32", { dtype: "float32" }, bytesOf(Float32Array.of(1.5, -2)), Float32Array.of(1.5, -2)],
    ["int32", { dtype: "int32" }, bytesOf(Int32Array.of(7, -8)), Int32Array.of(7, -8)],
    ["bool", { dtype: "bool" }, Uint8Array.of(1, 0), Int32Array.of(1, 0)],
    [
      "quantised to 8 bits",
      { dtype: "float32", quantization: { dtype: "uint8", scale: 0.1, min: -1 } },
      Uint8Array.of(0, 255),
      Float32Array.of(-1, 255 * 0.1 - 1),
    ],
    [
      "quantised to 16 bits",
      { dtype: "float32", quantization: { dtype: "uint16", scale: 0.5, min: 2 } },
      bytesOf(Uint16Array.of(1, 65_535)),
      Float32Array.of(2.5, 32_769.5),
    ],
    [
      "whole numbers that were quantised",
      { dtype: "int32", quantization: { dtype: "uint8", scale: 1, min: 5118 } },
      Uint8Array.of(0, 2),
      Int32Array.of(5118, 5120),
    ],
    [
      "half floats",
      { dtype: "float32", quantization: { dtype: "float16" } },
      bytesOf(Uint16Array.of(0x3c00, 0xc100)),
      Float32Array.of(1, -2.5),
    ],
  ])("reads %s", async (_, entry, bytes, expected) => {
    write(bytes);
    const manifest = WeightManifest.parse([
      { paths: ["shard.bin"], weights: [{ name: "w", shape: [2], ...entry }] },
    ]);
    const weights = await readWeights(manifest, manifestPath);
    expect(weights.get("w")).toEqual({ dims: [2], data: expected });
  });

  it("joins the files of a group, even in the middle of a number", async () => {
    const bytes = bytesOf(Float32Array.of(1, 2, 3));
    write(bytes.subarray(0, 5), "first.bin");
    write(bytes.subarray(5), "second.bin");
    const weights = await readWeights(
      [
        {
          paths: ["first.bin", "second.bin"],
          weights: [
            { name: "a", shape: [], dtype: "float32" },
            { name: "b", shape: [1, 2], dtype: "float32" },
          ],
        },
      ],
      manifestPath,
    );
    expect(weights.get("a")).toEqual({ dims: [], data: Float32Array.of(1) });
    expect(weights.get("b")).toEqual({ dims: [1, 2], data: Float32Array.of(2, 3) });
  });

  test.each([
    ["too short", ["short.bin"], /short\.bin has 7 bytes where .* says 8/],
    ["missing", ["nowhere.bin"], /nowhere\.bin, named by .* cannot be read/],
    ["outside of the folder", ["../shard.bin"], /outside of its folder/],
    ["absolute", ["/etc/hostname"], /outside of its folder/],
  ])("refuses files that are %s", async (_, paths, message) => {
    write(new Uint8Array(7), "short.bin");
    const manifest: WeightManifest = [{ paths, weights: [{ name: "w", shape: [2], dtype: "float32" }] }];
    await expect(readWeights(manifest, manifestPath)).rejects.toMatchObject({
      code: "model_invalid",
      message: expect.stringMatching(message),
    });
  });
});

describe("readModelJson", () => {
  test.each([
    ["no JSON", "{", /cannot be read as JSON/],
    ["of another form", `[{"paths": [], "weights": [{}]}]`, /not as expected/],
  ])("refuses what is %s", async (_, content, message) => {
    writeFileSync(manifestPath, content);
    await expect(readModelJson(manifestPath, WeightManifest)).rejects.toThrow(message);
  });
});

describe("convertModel", () => {
  const CONVERSIONS: readonly Conversion[] = [
    { from: "tfjs-graph", outputs: ["y"] },
    { from: "face-api-detection" },
    { from: "face-api-landmarks" },
    { from: "face-api-recognition" },
  ];

  it("refuses whatever is not a model with an error of ours", async () => {
    const manifest = fc.array(
      fc.record({
        paths: fc.constant(["shard.bin"]),
        weights: fc.array(
          fc.record({
            name: fc.constantFrom("fc", "conv32_down/conv/filters", "dense0/conv0/filters", "x"),
            shape: fc.array(fc.integer({ min: -1, max: 4 }), { maxLength: 4 }),
            dtype: fc.constantFrom("float32", "int32", "string"),
          }),
          { maxLength: 3 },
        ),
      }),
      { maxLength: 2 },
    );
    const graph = fc.record({
      modelTopology: fc.record({
        node: fc.array(
          fc.record({
            name: fc.constantFrom("x", "y", "z"),
            op: fc.constantFrom("Relu", "Const", "Conv2D", "Reshape", "TopKV2"),
            input: fc.array(fc.constantFrom("x", "y", "z", "z:1", ""), { maxLength: 3 }),
          }),
          { maxLength: 4 },
        ),
      }),
      weightsManifest: fc.constant([]),
      signature: fc.constant({
        inputs: {},
        outputs: { y: { name: "y", dtype: "DT_FLOAT", tensorShape: { dim: [] } } },
      }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          manifest,
          graph,
          fc.json().map((json) => JSON.parse(json) as unknown),
        ),
        fc.uint8Array({ maxLength: 64 }),
        fc.constantFrom(...CONVERSIONS),
        async (content, bytes, conversion) => {
          writeFileSync(manifestPath, JSON.stringify(content));
          write(bytes);
          const error: unknown = await convertModel(manifestPath, conversion).catch(
            (reason: unknown) => reason,
          );
          expect(error).toBeInstanceOf(KeepsightError);
          expect(error).toMatchObject({ code: "model_invalid" });
        },
      ),
      { numRuns: 300 },
    );
  });
});
