import { constants } from "node:fs";
import { copyFile, mkdir, open, rename, rm, stat, utimes } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isFileMissing, KeepsightError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { TrashStore } from "../../database/duplicates/trash-store.ts";
import type { Photo, PhotoStore } from "../../database/photo-store.ts";

/** Files that decisions sent to the library's trash; nothing is ever deleted there. */
export interface Trash {
  /** Where the file of a photo would go. */
  pathFor(photo: Photo): string;
  /**
   * Moves every file to where decisions want it: into the trash, or back. Files that cannot be moved stay where they are
   * and are tried again at the next call.
   */
  settle(): Promise<void>;
}

export function createTrash(options: {
  readonly directory: string;
  readonly photos: Pick<PhotoStore, "get" | "moveTo">;
  readonly store: TrashStore;
  readonly logger: Logger;
}): Trash {
  const { directory, photos, store, logger } = options;

  async function move(photoId: number, to: string, folderId: number | null): Promise<void> {
    const photo = await photos.get(photoId);
    if (photo === undefined || photo.path === to) return;
    await moveFile(photo.path, to);
    const { size: byteSize, mtimeMs: modifiedAtMs } = await stat(to);
    const { fileName, isUpload } = photo;
    const file = { path: to, byteSize, modifiedAtMs, fileName, isUpload: isUpload === 1 };
    await photos.moveTo(photoId, folderId === null ? file : { ...file, folderId });
  }

  let settling = Promise.resolve();

  async function settleAll(): Promise<void> {
    for (const { photoId, trashPath, originalPath, originalFolderId, isWanted } of await store.misplaced()) {
      try {
        await (isWanted === 1
          ? move(photoId, trashPath, null)
          : move(photoId, originalPath, originalFolderId));
      } catch (error) {
        logger.warn({ err: error, photoId }, "a file could not be moved to the trash or back");
      }
    }
  }

  return {
    pathFor: ({ id, path }) => join(directory, `${id}-${basename(path)}`),
    settle: () => (settling = settling.then(settleAll)),
  };
}

/** Moves a file, to another disk too; what is there already is never overwritten. */
async function moveFile(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  if (await isThere(to)) {
    if (!(await isThere(from))) return;
    throw new KeepsightError("conflict", `There is a file at ${to} already.`);
  }
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
    await copyFile(from, to, constants.COPYFILE_EXCL);
    const { atime, mtime } = await stat(from);
    await utimes(to, atime, mtime);
    await using copy = await open(to, "r+");
    await copy.sync();
    await rm(from);
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isFileMissing(error)) return false;
    throw error;
  }
}
