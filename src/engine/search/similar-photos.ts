import { KeepsightError } from "../../core/errors.ts";
import type { FingerprintStore } from "../../database/fingerprint-store.ts";
import type { Photo, PhotoStore } from "../../database/photo-store.ts";
import type { PhotoVectors } from "./photo-vectors.ts";
import { searchWithin } from "./search-within.ts";

/** A photo like another one. */
export interface SimilarPhoto {
  readonly photo: Photo;
  /** 0–1: cosine similarity, or the share of equal PDQ bits. */
  readonly similarity: number;
}

export interface SimilarAnswer {
  readonly photos: readonly SimilarPhoto[];
  /** By embedding, or by perceptual hash where the photo has no embedding. */
  readonly method: "meaning" | "looks";
  readonly notice?: string;
}

export interface SimilarOptions {
  readonly photos: PhotoStore;
  readonly fingerprints: FingerprintStore;
  readonly vectors: PhotoVectors;
}

/**
 * PDQ distance up to which two pictures look alike at all, of 256 bits: 31 is the published threshold for copies; twice
 * that still keeps unrelated photos (90 and more) far away.
 */
const LOOKS_ALIKE_BITS = 62;

const NO_EMBEDDING =
  "No text-image model has looked at this photo yet, so only pictures that look almost the same were found.";

/** Finds photos that look or mean the same as a given one; `not_found` for an unknown photo. */
export function createSimilarPhotos({ photos, fingerprints, vectors }: SimilarOptions) {
  async function findSimilar(photoId: number, limit: number): Promise<SimilarAnswer> {
    const photo = await photos.get(photoId);
    if (photo === undefined || photo.hiddenAt !== undefined)
      throw new KeepsightError("not_found", `There is no photo ${photoId} in the library.`);
    const near = await vectors.use(async (index) => {
      const embedding = index?.get(photoId);
      if (index === undefined || embedding === undefined) return undefined;
      return searchWithin(embedding, { photos, index, filter: {}, limit: limit + 1 });
    });
    if (near === undefined) return findLookalikes(photoId, limit);
    const others = near.filter(({ id }) => id !== photoId).slice(0, limit);
    return { photos: await withPhotos(others), method: "meaning" };
  }

  async function findLookalikes(photoId: number, limit: number): Promise<SimilarAnswer> {
    const near = await fingerprints.findNear(photoId, LOOKS_ALIKE_BITS, limit);
    const found = await withPhotos(
      near.map(({ photoId: id, distance }) => ({ id, similarity: 1 - distance / 256 })),
    );
    return { photos: found, method: "looks", notice: NO_EMBEDDING };
  }

  async function withPhotos(matches: readonly { id: number; similarity: number }[]): Promise<SimilarPhoto[]> {
    const found = new Map(
      (await photos.getMany(matches.map(({ id }) => id))).map((photo) => [photo.id, photo]),
    );
    return matches.flatMap(({ id, similarity }) => {
      const photo = found.get(id);
      return photo === undefined ? [] : [{ photo, similarity }];
    });
  }

  return { findSimilar };
}

export type SimilarPhotos = ReturnType<typeof createSimilarPhotos>;
