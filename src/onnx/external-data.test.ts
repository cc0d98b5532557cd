import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import onnxProto from "onnx-proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { readExternalDataNames } from "./external-data.ts";

const { onnx } = onnxProto;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "external-data-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(bytes: Uint8Array): string {
  const path = join(folder, "graph.onnx");
  writeFileSync(path, bytes);
  return path;
}

function outlying(location: string) {
  const externalData = [
    { key: "offset", value: "4096" },
    { key: "location", value: location },
    { key: "length", value: "64" },
  ];
  return { dims: [16], dataType: 1, dataLocation: 1, externalData };
}

function encode(graph: NonNullable<Parameters<typeof onnx.GraphProto.create>[0]>): Uint8Array {
  return onnx.ModelProto.encode(
    onnx.ModelProto.create({ irVersion: 8, producerName: "test", graph }),
  ).finish();
}

describe("readExternalDataNames", () => {
  it("names each file once, of initialisers and of constants in nodes", async () => {
    const constant = {
      opType: "Constant",
      output: ["c"],
      attribute: [{ name: "value", t: outlying("shard-3") }],
    };
    const path = write(
      encode({
        name: "shards",
        node: [constant, { opType: "Add", input: ["a", "c"], output: ["y"] }],
        initializer: [outlying("model.onnx_data"), outlying("onnx__MatMul_7"), outlying("model.onnx_data")],
      }),
    );
    expect(await readExternalDataNames(path)).toEqual(["model.onnx_data", "onnx__MatMul_7", "shard-3"]);
  });

  it("finds none in a graph that has its weights inside", async () => {
    const inside = { name: "a", dims: [2], dataType: 1, floatData: [1, 2] };
    expect(await readExternalDataNames(write(encode({ name: "whole", initializer: [inside] })))).toEqual([]);
  });

  it.each(["../secret", "/etc/passwd", "a/b", "", ".hidden"])("follows no path: %j", async (location) => {
    const path = write(encode({ name: "evil", initializer: [outlying(location)] }));
    await expect(readExternalDataNames(path)).rejects.toMatchObject({ code: "model_invalid" });
  });

  it("refuses what is no graph, or half of one", async () => {
    const whole = encode({ name: "shards", initializer: [outlying("shard")] });
    for (const bytes of [whole.subarray(0, whole.length - 9), Buffer.from("<html>Log in!</html>")]) {
      await expect(readExternalDataNames(write(bytes))).rejects.toThrow(
        /is not an ONNX model, or is cut short/,
      );
    }
  });
});
