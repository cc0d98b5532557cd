import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { quantisesActivations } from "./quantises-activations.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "keepsight-quantises-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("quantisesActivations", () => {
  it("finds the operator wherever it stands, also across the pieces in which the file is read", async () => {
    const path = join(folder, "model.onnx");
    const operator = "DynamicQuantizeLinear";
    for (const start of [0, 1024 * 1024 - 10, 1024 * 1024, 2_000_000]) {
      const bytes = Buffer.alloc(2_100_000);
      bytes.write(operator, start);
      await writeFile(path, bytes);
      expect(await quantisesActivations(path), String(start)).toBe(true);
    }
    await writeFile(path, Buffer.alloc(2_100_000));
    expect(await quantisesActivations(path)).toBe(false);
  });
});
