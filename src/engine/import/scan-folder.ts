import { KeepsightError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { Folder } from "../../database/folder-store.ts";
import type { PhotoStore } from "../../database/photo-store.ts";
import { Bitmap } from "../../database/vector-index/bitmap.ts";
import { type ScannedFile, scanFolders, type ScanProblem } from "../../library/scan.ts";
import { type FoundFile, isFileGone } from "./read-found-file.ts";
import type { FileReconciler, ReconcileCounts } from "./reconcile-files.ts";

/** Known photos compared at a time when looking for vanished ones. */
const KNOWN_PAGE = 2000;

/** What a scan of one folder found. */
export interface ScanResult extends ReconcileCounts {
  /** Photos whose file is not there any more. */
  readonly missing: number;
  /** Folders and files that could not be read. */
  readonly problems: readonly ScanProblem[];
}

export interface ScanFolderOptions {
  readonly photos: PhotoStore;
  readonly reconciler: FileReconciler;
  /** Folders never to be scanned, such as the library's own. */
  readonly exclude: readonly string[];
  readonly logger: Logger;
}

/**
 * Brings the library up to date with one folder. Vanished photos are only marked missing, so that what a human said of
 * them is there when they come back. A folder that is empty though photos are known in it counts as not mounted: the scan
 * ends with `file_unreadable` and nothing is marked.
 */
export async function scanFolder(
  folder: Folder,
  { photos, reconciler, exclude, logger }: ScanFolderOptions,
  signal: AbortSignal,
  onProgress: (files: number) => Promise<void>,
): Promise<ScanResult> {
  const seen = new Bitmap();
  const problems: ScanProblem[] = [];
  const counts = { unchanged: 0, changed: 0, added: 0, moved: 0 };
  const isKnown = (await photos.listKnown(folder.id, 0, 1)).length > 0;
  let files = 0;
  for await (const batch of scanFolders([folder.path], {
    signal,
    exclude,
    onProblem: (problem) => problems.push(problem),
  })) {
    await takeIn(batch.map(toFoundFile));
    files += batch.length;
    await onProgress(files);
  }
  if (files === 0 && isKnown) {
    throw new KeepsightError(
      "file_unreadable",
      `${folder.path} is empty though the library knows photos in it. Is its drive connected? Nothing was changed.`,
    );
  }
  const missing = await markVanished();
  if (problems.length > 0)
    logger.warn({ folder: folder.path, problems }, "parts of a folder could not be read");
  return { ...counts, missing, problems };

  async function takeIn(batch: readonly FoundFile[]): Promise<void> {
    const { seenIds, unknown, counts: compared } = await reconciler.compare(batch);
    for (const id of seenIds) seen.add(id);
    const taken = await reconciler.takeIn(unknown, folder.id);
    counts.unchanged += compared.unchanged;
    counts.changed += compared.changed;
    counts.added += taken.added;
    counts.moved += taken.moved;
  }

  /** Only of photos that the walk did not see is the file asked for: new and moved ones are there. */
  async function markVanished(): Promise<number> {
    let marked = 0;
    let afterId = 0;
    for (;;) {
      signal.throwIfAborted();
      const page = await photos.listKnown(folder.id, afterId, KNOWN_PAGE);
      if (page.length === 0) return marked;
      afterId = page.at(-1)!.id;
      const unseen = page.filter(({ id, missingSince }) => missingSince === undefined && !seen.has(id));
      const vanished: number[] = [];
      for (const { id, path } of unseen) if (await isFileGone(path)) vanished.push(id);
      await photos.markMissing(vanished);
      marked += vanished.length;
    }
  }
}

function toFoundFile({ path, byteSize, modifiedAtMs, sidecars = [] }: ScannedFile): FoundFile {
  return { path, byteSize, modifiedAtMs: Math.trunc(modifiedAtMs), sidecars };
}
