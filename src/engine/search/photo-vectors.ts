import type { EmbeddingPage, EmbeddingStore } from "../../database/embedding-store.ts";
import type { VectorIndex } from "../../database/vector-index/vector-index.ts";

/** Embeddings read from the table at a time. */
const PAGE = 2000;

/** The searchable embeddings of whole photos, of the model in use. */
export interface PhotoVectors {
  /** The index of the model in use; undefined while no photo has an embedding. */
  index(): VectorIndex | undefined;
  /** Whether all stored embeddings are in the index. */
  isComplete(): boolean;
  /** Loads the stored embeddings of a model, replacing what was loaded. */
  load(modelId: string): Promise<void>;
  /** Adds or replaces one photo's embedding; one of another model is left to the next load. */
  set(photoId: number, modelId: string, embedding: Float32Array): Promise<void>;
  close(): Promise<void>;
}

export interface PhotoVectorsOptions {
  readonly embeddings: EmbeddingStore;
  readonly createIndex: (modelId: string, dimensions: number) => VectorIndex;
}

/** Vectors that are empty until loaded; writes during a load are kept. */
export function createPhotoVectors({ embeddings, createIndex }: PhotoVectorsOptions): PhotoVectors {
  let current: VectorIndex | undefined;
  let modelInUse: string | undefined;
  let isLoaded = false;
  /** Photos whose embedding came while the stored ones are being loaded: theirs is newer. */
  let newer = new Set<number>();

  function indexFor(modelId: string, dimensions: number): VectorIndex {
    current ??= createIndex(modelId, dimensions);
    return current;
  }

  async function load(modelId: string): Promise<void> {
    const replaced = modelId === modelInUse ? undefined : current;
    if (replaced !== undefined) current = undefined;
    modelInUse = modelId;
    isLoaded = false;
    const since = new Set<number>();
    newer = since;
    await replaced?.close();
    let afterOwnerId = 0;
    for (;;) {
      const page = await embeddings.readPage({ ownerKind: "photo", modelId, afterOwnerId, limit: PAGE });
      // A later load took over.
      if (newer !== since) return;
      if (page.ownerIds.length === 0) break;
      await indexFor(modelId, page.dimensions).set(toEntries(page).filter(({ id }) => !since.has(id)));
      afterOwnerId = page.ownerIds.at(-1)!;
    }
    isLoaded = newer === since;
  }

  async function set(photoId: number, modelId: string, embedding: Float32Array): Promise<void> {
    if (modelId !== modelInUse) return;
    if (!isLoaded) newer.add(photoId);
    await indexFor(modelId, embedding.length).set([{ id: photoId, embedding }]);
  }

  return {
    index: () => current,
    isComplete: () => isLoaded,
    load,
    set,
    close: async () => current?.close(),
  };
}

function toEntries({ ownerIds, embeddings, dimensions }: EmbeddingPage) {
  return ownerIds.map((id, i) => ({
    id,
    embedding: embeddings.subarray(i * dimensions, (i + 1) * dimensions),
  }));
}
