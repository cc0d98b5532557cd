import type { DuplicateEvidence, DuplicateKind } from "../../core/duplicates.ts";
import type { DuplicateStore } from "../../database/duplicates/duplicate-store.ts";
import type { FingerprintStore, PhotoFingerprints } from "../../database/fingerprint-store.ts";
import type { Photo, PhotoStore } from "../../database/photo-store.ts";
import type { FoundCopy } from "../../duplicate/copy-index.ts";
import { dotProduct } from "../../math/vector.ts";
import { haveSameBytes } from "../import/same-bytes.ts";
import type { PhotoVectors } from "../search/photo-vectors.ts";
import type { CopyFinder, SoughtPicture } from "./copy-finder.ts";
import { isOneMoment, isOtherShot, MOMENT_MS } from "./other-shot.ts";

/** Nearest embeddings that are looked at. */
const MAX_NEAR = 32;

/** Photos of one moment that are looked at: a burst of some seconds. */
const MAX_MOMENT = 40;

/** How embeddings are compared. */
export interface NearWish {
  /** Cosine similarity. */
  readonly threshold: number;
}

/** A photo of the library that is like another one, with the proof. */
export interface Match {
  readonly photo: Photo;
  readonly kind: DuplicateKind;
  /** 0–1. */
  readonly score: number;
  readonly evidence: DuplicateEvidence;
  readonly copy?: FoundCopy;
}

/** What is known of the picture whose matches are looked for. */
export interface SoughtPhoto {
  /** Of the library; absent for a picture from elsewhere. */
  readonly photo?: Photo;
  readonly path: string;
  readonly byteSize: number;
  readonly imohash: string;
  readonly picture?: SoughtPicture | undefined;
  /** Of the model that serves. */
  readonly embedding?: Float32Array | undefined;
}

export interface MatchesOptions {
  readonly photos: Pick<PhotoStore, "getMany">;
  readonly fingerprints: Pick<FingerprintStore, "findExact">;
  readonly duplicates: Pick<DuplicateStore, "apartFrom" | "takenAround">;
  readonly finder: CopyFinder;
  readonly vectors: Pick<PhotoVectors, "use">;
}

/** Finds what is like a picture among the photos in sight, surest first; photos that a human told apart are left out. */
export interface MatchFinder {
  findExact(sought: SoughtPhoto): Promise<readonly Match[]>;
  findCopies(sought: SoughtPhoto): Promise<readonly Match[]>;
  /** Those that are no copies, though a model takes them for the same. */
  findNear(sought: SoughtPhoto, wish: NearWish): Promise<readonly Match[]>;
  /** Shots of the same moment by the same camera, alike but no copies. */
  findBurst(sought: SoughtPhoto): Promise<readonly Match[]>;
  /** Whether the picture is a copy of one photo, in any orientation, or as near as wished. */
  isCopyOf(sought: SoughtPhoto, photo: Photo, like: FoundCopy): Promise<FoundCopy | undefined>;
  similarity(sought: SoughtPhoto, photo: Photo): Promise<{ similarity: number; modelId: string } | undefined>;
}

export function createMatchFinder(options: MatchesOptions): MatchFinder {
  const { photos, fingerprints, duplicates, finder, vectors } = options;

  /** The photos of these ids that are in sight and were not told apart from this one. */
  async function findEligible(
    sought: SoughtPhoto,
    ids: readonly number[],
  ): Promise<ReadonlyMap<number, Photo>> {
    if (ids.length === 0) return new Map();
    const unique = [...new Set(ids)].filter((id) => id !== sought.photo?.id);
    const apart = await (sought.photo === undefined
      ? new Set<number>()
      : duplicates.apartFrom(sought.photo.id, unique));
    const found = await photos.getMany(unique.filter((id) => !apart.has(id)));
    const inSight = found.filter(
      ({ hiddenAt, missingSince }) => hiddenAt === undefined && missingSince === undefined,
    );
    return new Map(inSight.map((photo) => [photo.id, photo]));
  }

  async function findNeighbours({ embedding }: SoughtPhoto, threshold: number) {
    return vectors.use(async (index) => {
      if (index === undefined || embedding?.length !== index.dimensions) return undefined;
      const near = await index.search(embedding, { limit: MAX_NEAR, minSimilarity: threshold });
      return { near, modelId: index.modelId };
    });
  }

  return {
    async findExact(sought) {
      const known = await fingerprints.findExact(sought.imohash, sought.byteSize);
      const eligible = await findEligible(
        sought,
        known.map(({ photoId }) => photoId),
      );
      const matches: Match[] = [];
      for (const photo of eligible.values()) {
        if (!(await haveSameBytes(sought.path, photo.path))) continue;
        matches.push({ photo, kind: "exact", score: 1, evidence: { method: "bytes" } });
      }
      return matches;
    },
    async findCopies(sought) {
      const { picture, photo } = sought;
      if (picture === undefined) return [];
      // Hardly a photo has copies, so these are found first, and only then who they are.
      const copies = await finder.verify(picture, await finder.candidates(picture));
      const eligible = await findEligible(
        sought,
        copies.map(({ id }) => id),
      );
      return copies
        .flatMap((copy) => {
          const other = eligible.get(copy.id);
          if (other === undefined || (photo !== undefined && isOtherShot(photo, other))) return [];
          return [toMatch(other, copy)];
        })
        .toSorted((a, b) => b.score - a.score || a.photo.id - b.photo.id);
    },
    async findNear(sought, { threshold }) {
      const found = await findNeighbours(sought, threshold);
      if (found === undefined) return [];
      const eligible = await findEligible(
        sought,
        found.near.map(({ id }) => id),
      );
      return found.near.flatMap(({ id, similarity }) => {
        const photo = eligible.get(id);
        if (photo === undefined || (sought.photo !== undefined && isOneMoment(sought.photo, photo)))
          return [];
        const evidence = { method: "meaning" as const, similarity, modelId: found.modelId };
        return [{ photo, kind: "near" as const, score: Math.min(1, similarity), evidence }];
      });
    },
    async findBurst(sought) {
      const { photo, picture } = sought;
      if (photo === undefined || picture === undefined) return [];
      const around = await duplicates.takenAround(photo, MOMENT_MS, MAX_MOMENT);
      const eligible = await findEligible(
        sought,
        around.filter((other) => isOneMoment(photo, other)).map(({ id }) => id),
      );
      const scenes = await finder.findScenes(picture, [...eligible.keys()]);
      return scenes
        .map(({ id, inliers }) => ({
          photo: eligible.get(id)!,
          kind: "burst" as const,
          score: Math.min(1, inliers / Math.max(1, picture.features.count)),
          evidence: { method: "features" as const, inliers },
        }))
        .toSorted((a, b) => b.score - a.score || a.photo.id - b.photo.id);
    },
    async isCopyOf({ picture, photo }, other, like) {
      if (picture === undefined || (photo !== undefined && isOtherShot(photo, other))) return undefined;
      const candidate = { id: other.id, orientation: like.orientation };
      const [copy] = await finder.verify(picture, [candidate], true);
      return copy;
    },
    similarity: ({ embedding }, photo) =>
      vectors.use(async (index) => {
        const other = index?.get(photo.id);
        if (index === undefined || other === undefined || embedding?.length !== index.dimensions)
          return undefined;
        return { similarity: dotProduct(embedding, other), modelId: index.modelId };
      }),
  };
}

/** A verified copy as a match. */
export function toMatch(photo: Photo, copy: FoundCopy): Match {
  const { distance, inliers, pixels, orientation, shareOfFirst, shareOfSecond } = copy;
  return {
    photo,
    kind: "copy",
    score: pixels.agreement,
    copy,
    evidence: {
      method: inliers === undefined ? "hash" : "features",
      ...(distance === undefined ? {} : { distance }),
      ...(inliers === undefined ? {} : { inliers }),
      agreement: pixels.agreement,
      overlap: Math.max(shareOfFirst, shareOfSecond),
      ...(orientation.symmetry === 0 ? {} : { isTurned: true }),
      ...(orientation.isInverted ? { isInverted: true } : {}),
    },
  };
}

/** The hash of a photo as it is compared. */
export function hashOf({ pdq, pdqQuality }: Pick<PhotoFingerprints, "pdq" | "pdqQuality">) {
  return {
    ...(pdq === undefined ? {} : { pdq }),
    ...(pdqQuality === undefined ? {} : { pdqQuality }),
  };
}
