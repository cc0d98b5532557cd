import { createHash } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isFileMissing } from "../core/errors.ts";
import { isTemporaryName } from "./write-file-atomically.ts";

/** The pictures that are made of each photo. */
export type DerivativeKind = "preview" | "thumbnail";

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
  const shard = createHash("sha256").update(String(photoId)).digest("hex");
  const name = `${photoId}-${contentVersion}-${kind}.jpg`;
  return join(dataDirectory, FOLDER, shard.slice(0, 2), shard.slice(2, 4), name);
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

/**
 * Removes derivatives that `isWanted` denies and remains of interrupted writes; gives the number of removed files. Nothing else
 * in the folder is touched.
 */
export async function removeOrphanDerivatives(
  dataDirectory: string,
  isWanted: (derivative: DerivativeKey) => boolean | Promise<boolean>,
): Promise<number> {
  let removed = 0;
  for await (const derivative of listDerivatives(dataDirectory)) {
    if (await isWanted(derivative)) continue;
    await rm(derivative.path, { force: true });
    removed++;
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
