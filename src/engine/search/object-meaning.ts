import type { PhotoFilter } from "../../core/photo-filter.ts";
import type { EmbeddingStore } from "../../database/embedding-store.ts";
import type { ObjectStore, PlacedObject } from "../../database/object-store.ts";
import { passedIds } from "../../database/photo-filter.ts";
import { Bitmap } from "../../database/vector-index/bitmap.ts";
import type { VectorIndex, VectorMatch } from "../../database/vector-index/vector-index.ts";
import type { PhotoVectors } from "./photo-vectors.ts";

/** Objects looked at for each photo wanted: a photo may show several, and the filter leaves out others. */
const CANDIDATE_FACTOR = 4;

/** A photo by the object in it that is nearest to a query. */
export interface ObjectMatch {
  readonly photoId: number;
  readonly object: PlacedObject;
  readonly similarity: number;
}

/**
 * The photos whose objects are nearest to an embedding, each once, best first. Objects that are no more are still in the
 * index until it is loaded anew; the table says who they are.
 */
export async function searchObjects(
  embedding: Float32Array,
  options: {
    readonly objects: Pick<ObjectStore, "find" | "listIds">;
    readonly index: VectorIndex;
    readonly filter: PhotoFilter;
    readonly limit: number;
  },
): Promise<readonly ObjectMatch[]> {
  const { objects, index, filter, limit } = options;
  if (passedIds(filter) !== undefined) return findAllowed();
  const nearest = await index.search(embedding, { limit: limit * CANDIDATE_FACTOR });
  const found = await toPhotos(nearest);
  if (found.length >= limit || nearest.length >= index.size) return found.slice(0, limit);
  return findAllowed();

  async function findAllowed(): Promise<readonly ObjectMatch[]> {
    const ids = index.size === 0 ? [] : await objects.listIds(filter);
    if (ids.length === 0) return [];
    const allowed = Bitmap.fromIds(ids);
    const among = await index.search(embedding, { limit: limit * CANDIDATE_FACTOR, allowed });
    return (await toPhotos(among)).slice(0, limit);
  }

  async function toPhotos(matches: readonly VectorMatch[]): Promise<readonly ObjectMatch[]> {
    const placed = await objects.find(
      matches.map(({ id }) => id),
      filter,
    );
    const best = new Map<number, ObjectMatch>();
    for (const { id, similarity } of matches) {
      const object = placed.get(id);
      if (object === undefined || best.has(object.photoId)) continue;
      best.set(object.photoId, { photoId: object.photoId, object, similarity });
    }
    return [...best.values()];
  }
}

/** Takes the embeddings of a photo's objects into the index. */
export async function addObjectsOf(
  photoId: number,
  modelId: string,
  {
    objects,
    embeddings,
    vectors,
  }: {
    readonly objects: Pick<ObjectStore, "listOfPhoto">;
    readonly embeddings: Pick<EmbeddingStore, "get">;
    readonly vectors: Pick<PhotoVectors, "set">;
  },
): Promise<void> {
  for (const id of await objects.listOfPhoto(photoId)) {
    const embedding = await embeddings.get("object", id, modelId);
    if (embedding !== undefined) await vectors.set(id, modelId, embedding);
  }
}
