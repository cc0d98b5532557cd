import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadCatalog } from "../../src/onnx/catalog.ts";
import { createModelStore } from "../../src/onnx/model-store.ts";
import { type ChosenModels, chooseModels } from "../../src/vision/choose-models.ts";

/** The models that a server with this folder of models would use, without downloads. */
export function chooseLocalModels(modelDirectory: string): Promise<ChosenModels> {
  const store = createModelStore({
    catalog: loadCatalog(),
    // What is remembered of files does not belong beside them: the folder may be somebody else's.
    modelDirectory: join(tmpdir(), "keepsight-bench-models"),
    localDirectories: [modelDirectory],
    offline: true,
    mirror: undefined,
    fetch,
  });
  return chooseModels(store);
}
