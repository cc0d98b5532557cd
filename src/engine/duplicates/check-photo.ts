import { toKeepsightError } from "../../core/errors.ts";
import type { StepOutcome } from "../../core/photo-analysis.ts";
import type { AnalysisStore } from "../../database/analysis-store.ts";
import type { DuplicateStore } from "../../database/duplicates/duplicate-store.ts";
import type { FingerprintStore } from "../../database/fingerprint-store.ts";
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
  readonly fingerprints: Pick<FingerprintStore, "get">;
  readonly duplicates: Pick<DuplicateStore, "release">;
  readonly finder: CopyFinder;
  readonly vectors: Pick<PhotoVectors, "index">;
  readonly settings: () => DuplicateSettings;
  readonly place: PlacePhoto;
  /** The content version that the features of a photo were made of. */
  readonly formerVersion: (photoId: number) => Promise<number | undefined>;
}

/** The step that compares photos with all others, one photo at a time. */
export interface PhotoChecker {
  /** What is known of a photo for comparing it; undefined without fingerprints. */
  describe(photo: Photo): Promise<SoughtPhoto | undefined>;
  /** Compares a photo and records the step; gives the groups that changed. A photo out of sight is left alone. */
  check(photoId: number, wish?: CheckWish): Promise<readonly number[]>;
}

export function createPhotoChecker(options: CheckOptions): PhotoChecker {
  const { photos, analyses, fingerprints, duplicates, finder, vectors, settings, place } = options;
  let previous: Promise<unknown> = Promise.resolve();

  async function describe(photo: Photo): Promise<SoughtPhoto | undefined> {
    const prints = await fingerprints.get(photo.id);
    if (prints === undefined) return undefined;
    return {
      photo,
      path: photo.path,
      byteSize: photo.byteSize,
      imohash: prints.imohash,
      picture: await finder.describe(photo, hashOf(prints)),
      embedding: vectors.index()?.get(photo.id),
    };
  }

  async function compare(photo: Photo, wish: CheckWish): Promise<readonly number[]> {
    const { detectNearDuplicates, nearDuplicateThreshold, detectBursts } = settings();
    const former = await options.formerVersion(photo.id);
    const again =
      former === undefined || former === photo.contentVersion ? [] : await duplicates.release(photo.id);
    const sought = await describe(photo);
    if (sought === undefined) return [];
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
