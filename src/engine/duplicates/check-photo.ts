import { toKeepsightError } from "../../core/errors.ts";
import type { StepOutcome } from "../../core/photo-analysis.ts";
import type { AnalysisStore } from "../../database/analysis-store.ts";
import type { DuplicateStore } from "../../database/duplicates/duplicate-store.ts";
import type { DescribedPhoto, FeatureStore } from "../../database/duplicates/feature-store.ts";
import type { Photo, PhotoStore } from "../../database/photo-store.ts";
import type { PhotoVectors } from "../search/photo-vectors.ts";
import type { CopyFinder } from "./copy-finder.ts";
import type { DuplicateSettings } from "./duplicate-settings.ts";
import { FEATURES_VERSION } from "./feature-bytes.ts";
import { hashOf, type SoughtPhoto } from "./find-matches.ts";
import type { PlacePhoto } from "./place-photo.ts";

/** What whoever added a photo wants of the search for its duplicates. */
export interface CheckWish {
  readonly detectNear?: boolean | undefined;
  /** Cosine similarity. */
  readonly nearThreshold?: number | undefined;
}

export interface CheckOptions {
  readonly photos: Pick<PhotoStore, "get">;
  readonly analyses: Pick<AnalysisStore, "saveStep">;
  readonly features: Pick<FeatureStore, "describe">;
  readonly duplicates: Pick<DuplicateStore, "release">;
  readonly finder: CopyFinder;
  readonly vectors: Pick<PhotoVectors, "index">;
  readonly settings: () => DuplicateSettings;
  readonly place: PlacePhoto;
}

/** The step that compares photos with all others, one photo at a time. */
export interface PhotoChecker {
  /** What is known of a photo for comparing it; undefined without fingerprints. */
  describe(photo: Photo): Promise<SoughtPhoto | undefined>;
  /** Compares a photo and records the step; gives the groups that changed. A photo out of sight is left alone. */
  check(photoId: number, wish?: CheckWish): Promise<readonly number[]>;
}

export function createPhotoChecker(options: CheckOptions): PhotoChecker {
  const { photos, analyses, features, duplicates, finder, vectors, settings, place } = options;
  let previous: Promise<unknown> = Promise.resolve();

  async function describe(photo: Photo): Promise<SoughtPhoto | undefined> {
    const known = await features.describe(photo.id, photo.contentVersion);
    return known && complete(photo, known);
  }

  async function complete(photo: Photo, known: DescribedPhoto): Promise<SoughtPhoto> {
    return {
      photo,
      path: photo.path,
      byteSize: photo.byteSize,
      imohash: known.imohash,
      picture: await finder.describe(photo, hashOf(known), known.features),
      embedding: vectors.index()?.get(photo.id),
    };
  }

  async function compare(photo: Photo, wish: CheckWish): Promise<readonly number[]> {
    const { detectNearDuplicates, nearDuplicateThreshold, detectBursts } = settings();
    const known = await features.describe(photo.id, photo.contentVersion);
    if (known === undefined) return [];
    const { featuresOf = photo.contentVersion } = known;
    const again = featuresOf === photo.contentVersion ? [] : await duplicates.release(photo.id);
    const sought = await complete(photo, known);
    const threshold = wish.nearThreshold ?? nearDuplicateThreshold;
    const isNearWanted = wish.detectNear ?? detectNearDuplicates;
    const changed = await place(sought, {
      ...(isNearWanted ? { near: { threshold } } : {}),
      bursts: detectBursts,
    });
    if (sought.picture !== undefined) await finder.add(sought.picture);
    const others: number[] = [];
    for (const photoId of again) others.push(...(await checkNow(photoId, wish)));
    return [...changed, ...others];
  }

  async function checkNow(photoId: number, wish: CheckWish): Promise<readonly number[]> {
    const photo = await photos.get(photoId);
    if (photo === undefined || photo.hiddenAt !== undefined || photo.missingSince !== undefined) return [];
    const started = performance.now();
    const save = (outcome: Omit<StepOutcome, "durationMs">) =>
      analyses.saveStep(photoId, photo.contentVersion, "duplicates", {
        ...outcome,
        durationMs: performance.now() - started,
      });
    try {
      const changed = await compare(photo, wish);
      await save({ status: "done", modelId: FEATURES_VERSION });
      return changed;
    } catch (error) {
      const { code: errorCode, message: reason } = toKeepsightError(error);
      await save({ status: "failed", reason, errorCode });
      throw error;
    }
  }

  return {
    describe,
    check(photoId, wish = {}) {
      // One after the other: of two copies that come together the second must find the first.
      const checked = previous.then(() => checkNow(photoId, wish));
      previous = checked.catch(() => undefined);
      return checked;
    },
  };
}
