import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onnx } from "onnx-proto";
import { afterAll, describe, expect, it } from "vitest";
import { readModelMetadata } from "./read-model-metadata.ts";

const folder = mkdtempSync(join(tmpdir(), "metadata-"));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const MODEL = onnx.ModelProto.encode({
  irVersion: 8,
  producerName: "a test",
  graph: { name: "empty", initializer: [{ dims: [3000], dataType: 1, rawData: new Uint8Array(12_000) }] },
  metadataProps: [
    { key: "character", value: "a\n汉\nö" },
    { key: "empty", value: "" },
  ],
}).finish();

describe("readModelMetadata", () => {
  it("reads names and texts and passes over the graph", async () => {
    const metadata = await readModelMetadata(write("model.onnx", MODEL));
    expect([...metadata]).toEqual([
      ["character", "a\n汉\nö"],
      ["empty", ""],
    ]);
  });

  it("has nothing to tell of a model without metadata", async () => {
    const bytes = onnx.ModelProto.encode({ irVersion: 8, graph: { name: "empty" } }).finish();
    expect((await readModelMetadata(write("plain.onnx", bytes))).size).toBe(0);
  });

  it("refuses a file that is cut short, and one that is no model", async () => {
    const refused = { code: "model_invalid" };
    await expect(readModelMetadata(write("cut.onnx", MODEL.subarray(0, 8000)))).rejects.toMatchObject(
      refused,
    );
    const html = new TextEncoder().encode("<!doctype html>");
    await expect(readModelMetadata(write("page.onnx", html))).rejects.toMatchObject(refused);
  });
});
