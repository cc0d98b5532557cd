import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUNDLED_MODEL_DIRECTORY } from "../../test/bundled-models.ts";
import { writeClipTowers } from "../../test/onnx-towers.ts";
import { loadCatalog } from "../onnx/catalog.ts";
import { createModelStore, type ModelStore } from "../onnx/model-store.ts";
import { dotProduct } from "../math/vector.ts";
import { chooseModels } from "./choose-models.ts";
import { loadRunners } from "./load-runners.ts";

let folder: string;
let store: ModelStore;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "load-runners-"));
  writeClipTowers(join(folder, "local"));
  store = createModelStore({
    catalog: loadCatalog(),
    modelDirectory: BUNDLED_MODEL_DIRECTORY,
    localDirectories: [join(folder, "local")],
    offline: true,
    fetch,
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

const RED = {
  data: Uint8Array.from({ length: 300 * 300 * 3 }, (_, i) => (i % 3 === 0 ? 220 : 20)),
  width: 300,
  height: 300,
};
const PHOTO = { preview: RED, detail: RED, originalSize: RED };

describe("loadRunners", () => {
  it("runs the installed models and leaves out what has none", async () => {
    const { "object-detection": _, ...models } = (await chooseModels(store)).models;
    const runners = loadRunners(models, { threads: 1 });
    expect(runners.vision.objects).toBeUndefined();
    expect(runners.vision.embeddings).toMatchObject({
      modelId: "test-colours+objects-1",
      embeddingModelId: "test-colours",
    });
    expect(await runners.vision.ocr!.run(PHOTO)).toEqual([]);
    const photo = await runners.vision.embeddings!.run(PHOTO);
    const red = await runners.textEncoder!.encode("red");
    const blue = await runners.textEncoder!.encode("blue");
    expect(dotProduct(photo, red)).toBeGreaterThan(dotProduct(photo, blue));
    await runners.release();
  });

  it("names what makes each step's results as the choice of models does", async () => {
    const { models, steps } = await chooseModels(store);
    const { vision, release } = loadRunners(models, { threads: 1 });
    for (const step of ["objects", "embeddings", "tags", "ocr", "faces"] as const) {
      expect(vision[step]?.modelId).toBe(steps[step].modelId);
    }
    expect(steps.ocr.modelId).toMatch(/\+text-2$/);
    expect(steps.faces.modelId).toMatch(/\+faces-1$/);
    await release();
  });

  it("fails a run, not the loading, when a file is gone", async () => {
    const { clip } = (await chooseModels(store)).models;
    const gone = { ...clip!, files: { ...clip!.files, "image-encoder": join(folder, "gone.onnx") } };
    const runners = loadRunners({ clip: gone }, { threads: 1 });
    await expect(runners.vision.embeddings!.run(PHOTO)).rejects.toMatchObject({ code: "model_missing" });
    await runners.release();
  });
});
