import type { EmbeddingPage, EmbeddingStore } from "../../database/embedding-store.ts";
import type { VectorIndex } from "../../database/vector-index/vector-index.ts";

/** Embeddings read from the table at a time. */
const PAGE = 2000;

/** The searchable embeddings of whole photos, or of the objects in them, of one model at a time. */
export interface PhotoVectors {
  /** The index of the model that serves; undefined while no photo has an embedding. */
  index(): VectorIndex | undefined;
  /**
   * Works with the index of the model that serves; again with the new one where another took its place meanwhile, since
   * the former is closed then. `use` may run twice.
   */
  use<T>(use: (index: VectorIndex | undefined) => Promise<T>): Promise<T>;
  /** Whether all stored embeddings of the model are in the index. */
  isComplete(): boolean;
  /**
   * Loads the stored embeddings of a model. The first ones can be searched while more come; another model's take the place
   * of what is there at once, when all are loaded and `commit`, if given, has been awaited.
   */
  load(modelId: string, commit?: () => Promise<void>): Promise<void>;
  /** Adds or replaces one photo's embedding. */
  set(photoId: number, modelId: string, embedding: Float32Array): Promise<void>;
  close(): Promise<void>;
}

export interface PhotoVectorsOptions {
  readonly embeddings: EmbeddingStore;
  readonly createIndex: (modelId: string, dimensions: number) => VectorIndex;
  /** Whose embeddings (default: whole photos'); ids are those of the owners. */
  readonly ownerKind?: "photo" | "object";
  /** Called when what can be found has changed. */
  readonly onChange?: () => void;
}

/** The embeddings of one model on their way into memory, or there. */
interface Loaded {
  readonly modelId: string;
  index?: VectorIndex;
  isComplete: boolean;
  /** Photos whose embedding came while the stored ones were being loaded: theirs is newer. */
  readonly newer: Set<number>;
}

/** Vectors that are empty until loaded; writes during a load are kept. */
export function createPhotoVectors({
  embeddings,
  createIndex,
  ownerKind = "photo",
  onChange = () => {},
}: PhotoVectorsOptions): PhotoVectors {
  let served: Loaded | undefined;
  /** What the latest load fills: the served one, or its successor. */
  let latest: Loaded | undefined;

  function indexOf(loaded: Loaded, dimensions: number): VectorIndex {
    return (loaded.index ??= createIndex(loaded.modelId, dimensions));
  }

  async function load(modelId: string, commit?: () => Promise<void>): Promise<void> {
    const loading: Loaded = { modelId, isComplete: false, newer: new Set() };
    if (latest !== served) void latest?.index?.close();
    latest = loading;
    if (served?.index === undefined) served = loading;
    const isOvertaken = () => latest !== loading;
    for (let afterOwnerId = 0; ;) {
      const page = await embeddings.readPage({ ownerKind, modelId, afterOwnerId, limit: PAGE });
      if (isOvertaken()) return;
      if (page.ownerIds.length === 0) break;
      const entries = toEntries(page).filter(({ id }) => !loading.newer.has(id));
      await indexOf(loading, page.dimensions).set(entries);
      afterOwnerId = page.ownerIds.at(-1)!;
      onChange();
    }
    await commit?.();
    if (isOvertaken()) return;
    loading.isComplete = true;
    const replaced = served === loading ? undefined : served;
    served = loading;
    onChange();
    // Not waited for: whoever asked for the load is to change the text encoder in the same breath.
    void replaced?.index?.close();
  }

  async function set(photoId: number, modelId: string, embedding: Float32Array): Promise<void> {
    for (const loaded of new Set([served, latest])) {
      if (loaded?.modelId !== modelId) continue;
      if (!loaded.isComplete) loaded.newer.add(photoId);
      await indexOf(loaded, embedding.length).set([{ id: photoId, embedding }]);
    }
    if (served !== undefined && served.modelId !== modelId) await forgetFormerContent(served, photoId);
    onChange();
  }

  /** An embedding of content that the photo no longer has was deleted when the photo was stored. */
  async function forgetFormerContent({ index, modelId }: Loaded, photoId: number): Promise<void> {
    if (index?.get(photoId) === undefined) return;
    if ((await embeddings.get(ownerKind, photoId, modelId)) === undefined) await index.remove([photoId]);
  }

  async function use<T>(work: (index: VectorIndex | undefined) => Promise<T>): Promise<T> {
    const index = served?.index;
    try {
      return await work(index);
    } catch (error) {
      if (index === served?.index) throw error;
      return work(served?.index);
    }
  }

  return {
    index: () => served?.index,
    use,
    isComplete: () => served?.isComplete ?? false,
    load,
    set,
    async close() {
      await served?.index?.close();
      await latest?.index?.close();
    },
  };
}

function toEntries({ ownerIds, embeddings, dimensions }: EmbeddingPage) {
  return ownerIds.map((id, i) => ({
    id,
    embedding: embeddings.subarray(i * dimensions, (i + 1) * dimensions),
  }));
}
