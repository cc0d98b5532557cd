import { KeepsightError } from "../../core/errors.ts";
import type { KnownPhoto, PhotoStore, ScannedPhoto } from "../../database/photo-store.ts";
import type { KnownSidecars, SidecarStore } from "../../database/sidecar-store.ts";
import { imohashFile } from "../../hash/imohash.ts";
import { chooseSidecar, isSameSidecar } from "../../library/sidecar.ts";
import type { AnalysisQueue } from "./analysis-queue.ts";
import { type FoundFile, isFileGone } from "./read-found-file.ts";

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
   * the time stamp differs the imohash decides. Of photos whose sidecar came, changed or went, the metadata are read anew.
   * Gives the ids of known photos seen and the files at unknown paths.
   */
  compare(files: readonly FoundFile[]): Promise<{
    readonly seenIds: readonly number[];
    readonly unknown: readonly FoundFile[];
    readonly counts: Pick<ReconcileCounts, "unchanged" | "changed">;
  }>;
  /**
   * Takes in files at unknown paths: one whose content is that of a photo whose own file is gone is that photo, moved or
   * renamed, and keeps everything said of it; any other is a new photo and is queued for analysis. Files are taken in one
   * call after the other, since two looks at one folder may bring the same ones.
   */
  takeIn(
    files: readonly FoundFile[],
    folderId: number | undefined,
  ): Promise<Pick<ReconcileCounts, "added" | "moved">>;
}

/** A reconciler over the photos table; see {@link FileReconciler}. */
export function createFileReconciler({
  photos,
  sidecars,
  queue,
  queueMetadata,
}: {
  readonly photos: PhotoStore;
  readonly sidecars: Pick<SidecarStore, "find">;
  readonly queue: AnalysisQueue;
  /** Has the metadata of photos read anew. */
  readonly queueMetadata: (photoIds: readonly number[]) => Promise<void>;
}): FileReconciler {
  let previous: Promise<unknown> = Promise.resolve();

  async function compare(files: readonly FoundFile[]) {
    const known = await photos.findByPaths(files.map(({ path }) => path));
    const seenIds: number[] = [];
    const unknown: FoundFile[] = [];
    const found: number[] = [];
    const changed: number[] = [];
    const told: number[] = [];
    const sidecarsOf = await sidecars.find(Array.from(known.values(), ({ id }) => id));
    for (const file of files) {
      const photo = known.get(file.path);
      if (photo === undefined) {
        unknown.push(file);
        continue;
      }
      seenIds.push(photo.id);
      if (photo.missingSince !== undefined) found.push(photo.id);
      if (await hasChanged(photo, file)) changed.push(photo.id);
      else if (hasOtherSidecar(file, sidecarsOf.get(photo.id))) told.push(photo.id);
    }
    if (found.length > 0) await photos.markFound(found);
    // One that went missing before it was analysed waits still; nothing is done where nothing is left to do.
    await queue.add([...new Set([...changed, ...found])], "scan");
    await queueMetadata(told);
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
    const taking = previous.then(() => takeInUnknown(files, folderId));
    previous = taking.catch(() => undefined);
    return taking;
  }

  async function takeInUnknown(files: readonly FoundFile[], folderId: number | undefined) {
    const known = await photos.findByPaths(files.map(({ path }) => path));
    const sizes = await photos.findHashedSizes(files.map(({ byteSize }) => byteSize));
    const fresh: ScannedPhoto[] = [];
    let moved = 0;
    for (const file of files) {
      if (known.has(file.path)) continue;
      const scanned = { ...file, ...(folderId === undefined ? {} : { folderId }) };
      const photo = sizes.has(file.byteSize) ? await findMoved(file) : undefined;
      if (photo === undefined) {
        fresh.push(scanned);
        continue;
      }
      await photos.moveTo(photo.id, scanned);
      moved++;
      // It may have gone missing before all its steps had run.
      await queue.add([photo.id], "scan");
    }
    const ids = await photos.insertPhotos(fresh);
    await queue.add(ids, "scan");
    return { added: ids.length, moved };
  }

  /** The photo of this content whose own file is gone: known to be missing, or moved a moment ago. */
  async function findMoved(file: FoundFile): Promise<KnownPhoto | undefined> {
    const imohash = await hashOf(file);
    if (imohash === undefined) return undefined;
    for (const photo of await photos.findByFingerprint(imohash, file.byteSize)) {
      if (await isFileGone(photo.path)) return photo;
    }
    return undefined;
  }

  return { compare, takeIn };
}

/** Whether another sidecar counts now than the one whose metadata the photo has. */
function hasOtherSidecar({ sidecars = [] }: FoundFile, { takenIn, written }: KnownSidecars = {}): boolean {
  return !isSameSidecar(chooseSidecar(sidecars, written), takenIn);
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
