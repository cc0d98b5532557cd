import { join } from "node:path";
import type { Config } from "../config.ts";
import { loadCatalog } from "../onnx/catalog.ts";
import { createModelStore, type ModelStore } from "../onnx/model-store.ts";

/** The models of this machine, as configured. */
export function createModels({
  dataDirectory,
  models,
  inference,
}: Pick<Config, "dataDirectory" | "models" | "inference">): ModelStore {
  return createModelStore({
    catalog: loadCatalog(),
    modelDirectory: join(dataDirectory, "models"),
    localDirectories: models.localDirectories,
    offline: models.isOffline,
    mirror: models.mirror,
    huggingFace: models.huggingFace,
    servedModelIds: inference?.modelIds,
    fetch,
  });
}
