import type { Selectable } from "kysely";
import type { PhotoFilter } from "./photo-filter.ts";
import type { PhotosTable, PhotoStatus } from "./schema.ts";
import type { WithoutNulls } from "./without-nulls.ts";

/** One photo of the library. */
export type Photo = WithoutNulls<Selectable<PhotosTable>>;

/** A file on disk as a scan or an upload sees it. */
export interface ScannedPhoto {
  /** Absolute. */
  readonly path: string;
  readonly byteSize: number;
  readonly modifiedAtMs: number;
  readonly folderId?: number;
  readonly isUpload?: boolean;
  /** Id that an API client gave it. */
  readonly externalId?: string;
}

/** What a scan compares a file with. */
export interface KnownPhoto {
  readonly id: number;
  readonly path: string;
  readonly byteSize: number;
  readonly modifiedAtMs: number;
  readonly imohash?: string;
  readonly contentVersion: number;
  readonly missingSince?: number;
  readonly hiddenAt?: number;
}

/** Page and order of a list. */
export interface PhotoPage {
  readonly sort: "newest" | "oldest";
  readonly limit: number;
  readonly offset: number;
}

/** Numbers about the whole library (hidden photos do not count, missing ones do). */
export interface PhotoStats {
  readonly photos: number;
  readonly missing: number;
  readonly byteSize: number;
  readonly byStatus: Readonly<Partial<Record<PhotoStatus, number>>>;
  /** `unknown` before decoding. */
  readonly byFormat: Readonly<Record<string, number>>;
  readonly faces: number;
  readonly photosWithFaces: number;
  readonly photosWithText: number;
  readonly photosWithGps: number;
}

/** The photos table: what is in the library and where. */
export interface PhotoStore {
  /** Photos at these paths, by path. */
  findByPaths(paths: readonly string[]): Promise<ReadonlyMap<string, KnownPhoto>>;
  /** Every photo that a scan of the folder must account for, by path, in pages of ids above `afterId`. */
  listKnown(folderId: number, afterId: number, limit: number): Promise<readonly KnownPhoto[]>;
  /** Adds photos and gives their ids in the same order; a path already there keeps its row and gives its id. */
  insertPhotos(photos: readonly ScannedPhoto[]): Promise<readonly number[]>;
  /** The file's content changed: next content version, all steps pending; old results stay until replaced. */
  markChanged(
    photoId: number,
    file: { readonly byteSize: number; readonly modifiedAtMs: number },
  ): Promise<void>;
  /** Only the time stamp moved, the content is the same. */
  touch(photoId: number, modifiedAtMs: number): Promise<void>;
  markMissing(photoIds: readonly number[]): Promise<void>;
  markFound(photoIds: readonly number[]): Promise<void>;
  /** The file was moved or renamed. `conflict` when another photo already has the new path. */
  moveTo(photoId: number, file: ScannedPhoto): Promise<void>;
  /** Photos whose file is gone and whose content has this hash and size, oldest first. */
  findMissingByFingerprint(imohash: string, byteSize: number): Promise<readonly KnownPhoto[]>;
  get(photoId: number): Promise<Photo | undefined>;
  findByExternalId(externalId: string): Promise<Photo | undefined>;
  /** These photos in the order of the ids; unknown ids are left out. */
  getMany(photoIds: readonly number[]): Promise<readonly Photo[]>;
  list(filter: PhotoFilter, page: PhotoPage): Promise<readonly Photo[]>;
  count(filter: PhotoFilter): Promise<number>;
  /** Ids of all photos that match, ascending. */
  listIds(filter: PhotoFilter): Promise<Uint32Array>;
  /** Photos per day at the place of the photo, newest day first; adds up along `list` in the order `newest`. */
  dayBuckets(filter: PhotoFilter): Promise<readonly { day: string; count: number }[]>;
  /** Sets what a user sees while steps run; nothing when the content changed meanwhile. */
  setStatus(photoId: number, contentVersion: number, status: PhotoStatus): Promise<void>;
  hide(photoIds: readonly number[]): Promise<void>;
  unhide(photoIds: readonly number[]): Promise<void>;
  stats(): Promise<PhotoStats>;
}
