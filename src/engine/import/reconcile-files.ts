import { KeepsightError } from "../../core/errors.ts";
import type { KnownPhoto, PhotoStore } from "../../database/photo-store.ts";
import { imohashFile } from "../../hash/imohash.ts";
import type { AnalysisQueue } from "./analysis-queue.ts";

/** A file as the file system describes it. */
export interface FoundFile {
  /** Absolute. */
  readonly path: string;
  readonly byteSize: number;
  readonly modifiedAtMs: number;
}

/** How many files turned out to be what. */
export interface ReconcileCounts {
  readonly unchanged: number;
  readonly changed: number;
  readonly added: number;
  readonly moved: number;
}

/** Compares files with what the library knows. */
export interface FileReconciler {
  /**
   * Compares files with the photos known at their paths: unchanged ones (size and time stamp) cost one look-up; where only
   * the time stamp differs the imohash decides. Gives the ids of known photos seen and the files at unknown paths.
   */
  compare(files: readonly FoundFile[]): Promise<{
    readonly seenIds: readonly number[];
    readonly unknown: readonly FoundFile[];
    readonly counts: Pick<ReconcileCounts, "unchanged" | "changed">;
  }>;
  /**
   * Takes in files at unknown paths: one whose content belonged to a photo that has vanished is that photo, moved or
   * renamed, and keeps everything said of it; any other is a new photo and is queued for analysis.
   */
  takeIn(
    files: readonly FoundFile[],
    folderId: number | undefined,
  ): Promise<Pick<ReconcileCounts, "added" | "moved">>;
}

/** A reconciler over the photos table; see {@link FileReconciler}. */
export function createFileReconciler(photos: PhotoStore, queue: AnalysisQueue): FileReconciler {
  async function compare(files: readonly FoundFile[]) {
    const known = await photos.findByPaths(files.map(({ path }) => path));
    const seenIds: number[] = [];
    const unknown: FoundFile[] = [];
    const found: number[] = [];
    const changed: number[] = [];
    for (const file of files) {
      const photo = known.get(file.path);
      if (photo === undefined) {
        unknown.push(file);
        continue;
      }
      seenIds.push(photo.id);
      if (photo.missingSince !== undefined) found.push(photo.id);
      if (await hasChanged(photo, file)) changed.push(photo.id);
    }
    if (found.length > 0) await photos.markFound(found);
    await queue.add(changed, "scan");
    return {
      seenIds,
      unknown,
      counts: { unchanged: seenIds.length - changed.length, changed: changed.length },
    };
  }

  /** Records a change of the file; true when its content is another. */
  async function hasChanged(photo: KnownPhoto, file: FoundFile): Promise<boolean> {
    if (photo.byteSize === file.byteSize && photo.modifiedAtMs === file.modifiedAtMs) return false;
    const isSameSize = photo.byteSize === file.byteSize && photo.imohash !== undefined;
    if (isSameSize && (await hashOf(file)) === photo.imohash) {
      await photos.touch(photo.id, file.modifiedAtMs);
      return false;
    }
    await photos.markChanged(photo.id, file);
    return true;
  }

  async function takeIn(files: readonly FoundFile[], folderId: number | undefined) {
    const fresh: FoundFile[] = [];
    let moved = 0;
    for (const file of files) {
      if (await isMoved(file, folderId)) moved++;
      else fresh.push(file);
    }
    const ids = await photos.insertPhotos(
      fresh.map(({ path, byteSize, modifiedAtMs }) => ({
        path,
        byteSize,
        modifiedAtMs,
        ...(folderId === undefined ? {} : { folderId }),
      })),
    );
    await queue.add(ids, "scan");
    return { added: ids.length, moved };
  }

  async function isMoved(file: FoundFile, folderId: number | undefined): Promise<boolean> {
    if (!(await photos.hasMissingOfSize(file.byteSize))) return false;
    const imohash = await hashOf(file);
    if (imohash === undefined) return false;
    const [photo] = await photos.findMissingByFingerprint(imohash, file.byteSize);
    if (photo === undefined) return false;
    const { path, byteSize, modifiedAtMs } = file;
    await photos.moveTo(photo.id, {
      path,
      byteSize,
      modifiedAtMs,
      ...(folderId === undefined ? {} : { folderId }),
    });
    return true;
  }

  return { compare, takeIn };
}

/** The file's imohash; undefined when it cannot be read now (its analysis will say why). */
async function hashOf(file: FoundFile): Promise<string | undefined> {
  try {
    return await imohashFile(file.path);
  } catch (error) {
    if (error instanceof KeepsightError && error.code === "file_unreadable") return undefined;
    throw error;
  }
}
