import { type CatalogModel, loadCatalog } from "../src/onnx/catalog.ts";
import type { ModelSettings, ModelTask } from "../src/onnx/model-settings.ts";

/** A catalogue entry's settings, which must be of the given task. */
export function catalogSettings<T extends ModelTask>(
  id: string,
  task: T,
): Extract<ModelSettings, { task: T }> {
  const model: CatalogModel | undefined = loadCatalog().find((entry) => entry.id === id);
  if (model?.settings.task !== task) throw new Error(`The catalogue has no ${task} model "${id}".`);
  return model.settings as Extract<ModelSettings, { task: T }>;
}
