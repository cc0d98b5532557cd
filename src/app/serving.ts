import type { Logger } from "../core/logger.ts";
import type { Database } from "../database/database.ts";
import { createServingStore } from "../database/serving-store.ts";
import type { AnalyserPool } from "../engine/analyser/analyser-pool.ts";
import type { ModelLibrary } from "../engine/model-library.ts";
import type { PhotoVectors } from "../engine/search/photo-vectors.ts";
import type { QueryEncoder } from "../engine/search/query-encoder.ts";
import { createServingModels, type ServingModelsOptions } from "../engine/serving-models.ts";

interface ServingParts {
  readonly database: Database;
  readonly models: ModelLibrary;
  readonly pool: AnalyserPool;
  readonly encoder: QueryEncoder;
  readonly vectors: PhotoVectors;
  readonly loadObjects: (modelId: string) => Promise<void>;
  readonly backfill: () => Promise<number>;
  readonly onChanged: NonNullable<ServingModelsOptions["onChanged"]>;
  readonly logger: Logger;
}

/** Which models' embeddings this library searches, and what changes with another model. */
export function createLibraryServing(parts: ServingParts) {
  const { database, models, pool, encoder, vectors, onChanged, logger } = parts;
  const serving = createServingModels({
    store: createServingStore({ database }),
    wanted: models.embeddingModels,
    async serve(kind, modelId, commit) {
      if (kind === "face") return commit();
      const clip = await models.resolve(modelId);
      await vectors.load(modelId, async () => {
        await commit();
        // Before the embeddings change, not after: a text of the new model is not ready before they are.
        encoder.useModels(clip === undefined ? {} : { clip });
      });
    },
    onChanged,
    logger,
  });

  /** Texts are encoded by the model whose embeddings are searched. */
  async function useServingEncoder(): Promise<void> {
    const modelId = serving.modelId("photo");
    if (modelId === undefined) return encoder.useModels((await models.chosen()).models);
    const clip = await models.resolve(modelId);
    encoder.useModels(
      clip === undefined ? {} : { clip },
      `The text-image model ${modelId}, which knows these photos, is not installed any more.`,
    );
  }

  return {
    ...serving,
    /** Learns what an earlier run served, and encodes texts with it. */
    async load() {
      await serving.load();
      await useServingEncoder();
    },
    /** Photos are analysed by the models installed by now, and those that need it again. */
    async useNewModels() {
      pool.useModels((await models.chosen()).models);
      await useServingEncoder();
      await serving.settle();
      await parts.backfill();
    },
    /** Loads the embeddings that are searched, of the model that made them even where another is in use by now. */
    async loadVectors() {
      const modelId = serving.modelId("photo") ?? (await models.chosen()).models.clip?.model.id;
      if (modelId === undefined) return;
      await vectors.load(modelId);
      await parts.loadObjects(modelId);
    },
    /** The recogniser whose embeddings are compared; undefined while there is none. */
    async faceModel() {
      const modelId = serving.modelId("face");
      if (modelId === undefined) return (await models.chosen()).models["face-recognition"];
      return models.resolve(modelId);
    },
  };
}
