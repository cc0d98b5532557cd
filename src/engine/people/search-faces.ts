import { KeepsightError } from "../../core/errors.ts";
import type { Face, FaceStore } from "../../database/people/face-store.ts";
import type { Photo, PhotoStore } from "../../database/photo-store.ts";
import { ASK_STRENGTH, type Recogniser, similarityOf } from "./recogniser.ts";
import type { FaceVectors } from "./face-vectors.ts";

/** More is looked up than asked for: removed and hidden faces are in the index too. */
const SPARE = 100;

/** Whom to look for: faces of the library, or the embedding of a face elsewhere. */
export type FaceQuery =
  | { readonly faceIds: readonly number[] }
  | { readonly embedding: Float32Array; readonly modelId: string };

/** A face of the library that looks like the query. */
export interface FaceMatch {
  readonly face: Face;
  readonly photo: Photo;
  readonly similarity: number;
}

export interface FaceSearchAnswer {
  readonly matches: readonly FaceMatch[];
  /** Cosine similarity from which faces were taken. */
  readonly minSimilarity: number;
  readonly modelId: string;
}

export interface FaceSearchOptions {
  readonly faces: FaceStore;
  readonly photos: Pick<PhotoStore, "getMany">;
  readonly vectors: FaceVectors;
  /** `model_missing` while there is none. */
  readonly recogniser: () => Promise<Recogniser>;
}

/**
 * Faces that look like given ones, most alike first; of several given faces the nearest counts. Faces less alike than
 * `minSimilarity` (by default where half of the guesses are right) are left out, so that a stranger finds nobody. Throws
 * `not_found` for unknown faces, `conflict` when the recogniser knows none of the given faces.
 */
export function createFaceSearch({ faces, photos, vectors, recogniser }: FaceSearchOptions) {
  async function readQueries(query: FaceQuery, { modelId }: Recogniser): Promise<readonly Float32Array[]> {
    if ("embedding" in query) {
      if (query.modelId === modelId) return [query.embedding];
      throw new KeepsightError(
        "conflict",
        `The faces of the library are still being looked at by ${query.modelId}; until then only faces of the library can be searched with.`,
      );
    }
    const known = new Set((await faces.getMany(query.faceIds)).map(({ id }) => id));
    const unknown = query.faceIds.find((id) => !known.has(id));
    if (unknown !== undefined) throw new KeepsightError("not_found", `There is no face ${unknown}.`);
    const found = await faces.embedded({ modelId, faceIds: query.faceIds });
    if (found.faceIds.length === 0) {
      throw new KeepsightError(
        "conflict",
        `The recogniser ${modelId} has not looked at ${query.faceIds.length === 1 ? "this face" : "these faces"} yet.`,
      );
    }
    const { embeddings, dimensions } = found;
    return found.faceIds.map((_, i) => embeddings.subarray(i * dimensions, (i + 1) * dimensions));
  }

  return async function searchFaces(
    query: FaceQuery,
    { limit, minSimilarity: wanted }: { readonly limit: number; readonly minSimilarity?: number | undefined },
  ): Promise<FaceSearchAnswer> {
    const model = await recogniser();
    const minSimilarity = wanted ?? similarityOf(model, ASK_STRENGTH);
    const given = new Set("faceIds" in query ? query.faceIds : []);
    const queries = await readQueries(query, model);
    const near = await vectors.search(model.modelId, queries, {
      limit: limit + given.size + SPARE,
      minSimilarity,
    });
    const others = near.filter(({ id }) => !given.has(id));
    const similarityById = new Map(others.map(({ id, similarity }) => [id, similarity]));
    const found = (await faces.getMany(others.map(({ id }) => id))).slice(0, limit);
    const photoById = new Map(
      (await photos.getMany([...new Set(found.map(({ photoId }) => photoId))])).map((photo) => [
        photo.id,
        photo,
      ]),
    );
    const matches = found.flatMap((face): FaceMatch[] => {
      const photo = photoById.get(face.photoId);
      return photo === undefined ? [] : [{ face, photo, similarity: similarityById.get(face.id)! }];
    });
    return { matches, minSimilarity, modelId: model.modelId };
  };
}
export type SearchFaces = ReturnType<typeof createFaceSearch>;
