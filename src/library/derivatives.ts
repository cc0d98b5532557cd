import { createHash } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isFileMissing } from "../core/errors.ts";
import type { Box } from "../core/geometry.ts";
import { isTemporaryName } from "./write-file-atomically.ts";

/** The pictures that are made of each photo. */
export type DerivativeKind = "preview" | "thumbnail";

/** A picture of one face, named after the place of the face in the photo. */
interface FaceThumbnailKey {
  readonly photoId: number;
  readonly contentVersion: number;
  readonly kind: "face";
  /** See {@link faceKey}. */
  readonly face: string;
}

/** One derivative of one version of a photo's content. */
export interface DerivativeKey {
  readonly photoId: number;
  /** Counts up when the photo's file changes, so that an old picture is never taken for the new one. */
  readonly contentVersion: number;
  readonly kind: DerivativeKind;
}

/** A derivative on disk. */
interface StoredDerivative extends DerivativeKey {
  readonly path: string;
}

const FOLDER = "derivatives";

const FILE_NAME = /^(\d{1,15})-(\d{1,15})-(preview|thumbnail)\.jpg$/;
const FACE_FILE_NAME = /^(\d{1,15})-(\d{1,15})-face-([\d-]+)\.jpg$/;

/** A face's place is told apart in steps of this share of the photo: a fraction of a pixel, as no face is. */
const FACE_STEPS = 10_000;

/** A write that is older than this was interrupted. */
const STALE_TEMPORARY_MS = 60 * 60 * 1000;

/**
 * Where a derivative lives below the data directory: `derivatives/ab/cd/<photoId>-<contentVersion>-<kind>.jpg`. The two levels
 * are the first bytes of a hash of the photo's id, so that a million photos make folders of about 30 files.
 */
export function derivativePath(
  dataDirectory: string,
  photoId: number,
  contentVersion: number,
  kind: DerivativeKind,
): string {
  return join(shardOf(dataDirectory, photoId), `${photoId}-${contentVersion}-${kind}.jpg`);
}

function shardOf(dataDirectory: string, photoId: number): string {
  const shard = createHash("sha256").update(String(photoId)).digest("hex");
  return join(dataDirectory, FOLDER, shard.slice(0, 2), shard.slice(2, 4));
}

/** What the paths of the thumbnails of a photo's faces begin with. */
export function faceThumbnailPrefix(dataDirectory: string, photoId: number, contentVersion: number): string {
  return join(shardOf(dataDirectory, photoId), `${photoId}-${contentVersion}-face-`);
}

/** Where the thumbnail of a face is; its place in the photo (fractions) is what it goes by, as it has no id when it is found. */
export function faceThumbnailPath(prefix: string, normalizedBox: Box): string {
  return `${prefix}${faceKey(normalizedBox)}.jpg`;
}

/** A face's place in the photo as a part of a file name. */
export function faceKey({ x, y, width, height }: Box): string {
  return [x, y, width, height].map((fraction) => Math.round(fraction * FACE_STEPS)).join("-");
}

/** All derivatives below the data directory, one folder at a time; files that are none are passed over. */
export async function* listDerivatives(
  dataDirectory: string,
): AsyncGenerator<StoredDerivative, void, undefined> {
  for await (const { path, name } of walkShards(dataDirectory)) {
    const match = FILE_NAME.exec(name);
    if (match === null) continue;
    const [, photoId, contentVersion, kind] = match;
    yield {
      path,
      photoId: Number(photoId),
      contentVersion: Number(contentVersion),
      kind: kind as DerivativeKind,
    };
  }
}

/** All thumbnails of faces below the data directory. */
async function* listFaceThumbnails(dataDirectory: string) {
  for await (const { path, name } of walkShards(dataDirectory)) {
    const key = toFaceKey(name);
    if (key !== undefined) yield { path, ...key };
  }
}

function toFaceKey(name: string): FaceThumbnailKey | undefined {
  const [, photoId, contentVersion, face] = FACE_FILE_NAME.exec(name) ?? [];
  if (face === undefined) return undefined;
  return { photoId: Number(photoId), contentVersion: Number(contentVersion), kind: "face", face };
}

/** Removes the thumbnails of a photo's faces that are of other content, or of none of these places. */
export async function removeFormerFaces(
  dataDirectory: string,
  photo: { readonly photoId: number; readonly contentVersion: number },
  faces: readonly Box[],
): Promise<void> {
  const present = new Set(faces.map(faceKey));
  const folder = shardOf(dataDirectory, photo.photoId);
  for (const name of await namesIn(folder)) {
    const key = toFaceKey(name);
    if (key?.photoId !== photo.photoId) continue;
    if (key.contentVersion === photo.contentVersion && present.has(key.face)) continue;
    await rm(join(folder, name), { force: true });
  }
}

/**
 * Removes derivatives that `isWanted` denies and remains of interrupted writes; gives the number of removed files. Nothing else
 * in the folder is touched.
 */
export async function removeOrphanDerivatives(
  dataDirectory: string,
  isWanted: (derivative: DerivativeKey | FaceThumbnailKey) => boolean | Promise<boolean>,
): Promise<number> {
  let removed = 0;
  for (const derivatives of [listDerivatives(dataDirectory), listFaceThumbnails(dataDirectory)]) {
    for await (const derivative of derivatives) {
      if (await isWanted(derivative)) continue;
      await rm(derivative.path, { force: true });
      removed++;
    }
  }
  for await (const { path, name } of walkShards(dataDirectory)) {
    if (!isTemporaryName(name) || !(await isStale(path))) continue;
    await rm(path, { force: true });
    removed++;
  }
  return removed;
}

async function isStale(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > STALE_TEMPORARY_MS;
  } catch {
    // Finished or removed in the meantime.
    return false;
  }
}

async function* walkShards(dataDirectory: string) {
  const root = join(dataDirectory, FOLDER);
  for (const first of await namesIn(root)) {
    for (const second of await namesIn(join(root, first))) {
      const folder = join(root, first, second);
      for (const name of await namesIn(folder)) yield { path: join(folder, name), name };
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).toSorted();
  } catch (error) {
    if (isFileMissing(error)) return [];
    throw error;
  }
}
