import type { EmbeddingStore } from "../../database/embedding-store.ts";
import type { FaceStore } from "../../database/people/face-store.ts";
import type { VectorIndex, VectorMatch } from "../../database/vector-index/vector-index.ts";

/** Embeddings read from the table at a time. */
const PAGE = 2000;

/** The searchable embeddings of faces, of one recogniser at a time; loaded when first asked for. */
export interface FaceVectors {
  /** Faces like these, each by its best similarity to any of them, most alike first. */
  search(
    modelId: string,
    queries: readonly Float32Array[],
    options: { readonly limit: number; readonly minSimilarity: number },
  ): Promise<readonly VectorMatch[]>;
  /** The photo's faces, or their embeddings, are others now. */
  onChanged(photoId: number): void;
  close(): Promise<void>;
}

export interface FaceVectorsOptions {
  readonly embeddings: EmbeddingStore;
  readonly faces: Pick<FaceStore, "embedded">;
  readonly createIndex: (modelId: string, dimensions: number) => VectorIndex;
}

/** What is in memory of one recogniser. */
interface Loaded {
  readonly modelId: string;
  readonly index: VectorIndex | undefined;
  /** Faces of each photo that the index has. */
  readonly facesOf: Map<number, readonly number[]>;
}

/** Face embeddings in memory; costs nothing until somebody searches by face or says who a face is. */
export function createFaceVectors({ embeddings, faces, createIndex }: FaceVectorsOptions): FaceVectors {
  let loaded: Promise<Loaded> | undefined;
  let modelInUse: string | undefined;
  const changed = new Set<number>();
  let last: Promise<unknown> = Promise.resolve();

  async function load(modelId: string): Promise<Loaded> {
    const facesOf = new Map<number, number[]>();
    let index: VectorIndex | undefined;
    for (let afterOwnerId = 0; ;) {
      const page = await embeddings.readPage({ ownerKind: "face", modelId, afterOwnerId, limit: PAGE });
      if (page.ownerIds.length === 0) break;
      index ??= createIndex(modelId, page.dimensions);
      await index.set(toEntries(page.ownerIds, page.embeddings, page.dimensions));
      for (const [i, faceId] of page.ownerIds.entries()) {
        const photoId = page.photoIds[i]!;
        facesOf.set(photoId, [...(facesOf.get(photoId) ?? []), faceId]);
      }
      afterOwnerId = page.ownerIds.at(-1)!;
    }
    return { modelId, index, facesOf };
  }

  /** The index with everything that was stored until now; one caller at a time. */
  async function refresh(modelId: string): Promise<Loaded> {
    if (modelInUse !== modelId || loaded === undefined) {
      const former = loaded;
      modelInUse = modelId;
      changed.clear();
      loaded = load(modelId);
      loaded.catch(() => (loaded = undefined));
      await former?.then(({ index }) => index?.close()).catch(() => {});
      return loaded;
    }
    const current = await loaded;
    const photoIds = [...changed];
    if (photoIds.length === 0) return current;
    changed.clear();
    // The first faces of a library decide the dimensions: without an index everything is loaded.
    if (current.index === undefined) return (loaded = load(modelId));
    await replaceFaces(current, current.index, photoIds);
    return current;
  }

  async function replaceFaces({ facesOf, modelId }: Loaded, index: VectorIndex, photoIds: readonly number[]) {
    const found = await faces.embedded({ modelId, photoIds });
    const present = new Set(found.faceIds);
    const former = photoIds.flatMap((photoId) => facesOf.get(photoId) ?? []);
    await index.remove(former.filter((faceId) => !present.has(faceId)));
    await index.set(toEntries(found.faceIds, found.embeddings, found.dimensions));
    for (const photoId of photoIds) facesOf.delete(photoId);
    for (const [i, faceId] of found.faceIds.entries()) {
      const photoId = found.photoIds[i]!;
      facesOf.set(photoId, [...(facesOf.get(photoId) ?? []), faceId]);
    }
  }

  return {
    async search(modelId, queries, { limit, minSimilarity }) {
      const turn = last.then(() => refresh(modelId));
      last = turn.catch(() => {});
      const { index } = await turn;
      if (index === undefined) return [];
      const best = new Map<number, number>();
      for (const query of queries) {
        for (const { id, similarity } of await index.search(query, { limit, minSimilarity }))
          best.set(id, Math.max(similarity, best.get(id) ?? -1));
      }
      return [...best]
        .map(([id, similarity]) => ({ id, similarity }))
        .toSorted((a, b) => b.similarity - a.similarity || a.id - b.id)
        .slice(0, limit);
    },
    onChanged(photoId) {
      if (loaded !== undefined) changed.add(photoId);
    },
    async close() {
      const former = await loaded?.catch(() => undefined);
      await former?.index?.close();
    },
  };
}

function toEntries(ids: readonly number[], embeddings: Float32Array, dimensions: number) {
  return ids.map((id, i) => ({ id, embedding: embeddings.subarray(i * dimensions, (i + 1) * dimensions) }));
}
