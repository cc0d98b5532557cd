import { tmpdir } from "node:os";
import { join } from "node:path";

import { loadCatalog } from "../../src/onnx/catalog.ts";
import { createModelStore, type ResolvedModel } from "../../src/onnx/model-store.ts";

/** A model that npm brought, made into a folder where later runs find it again. Throws when its package is not installed. */
export async function bundledModel(id: string): Promise<ResolvedModel> {
  const store = createModelStore({
    catalog: loadCatalog(),
    modelDirectory: join(tmpdir(), "keepsight-bundled-models"),
    localDirectories: [],
    offline: true,
    fetch,
  });
  const model = await store.resolve(id);
  if (model === undefined) throw new Error(`The model "${id}" is not installed: run "npm ci".`);
  return model;
}
