import { KeepsightError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { Folder } from "../../database/folder-store.ts";
import type { PhotoStore } from "../../database/photo-store.ts";
import { Bitmap } from "../../database/vector-index/bitmap.ts";
import { scanFolders, type ScanProblem } from "../../library/scan.ts";
import type { FoundFile } from "./read-found-file.ts";
import type { FileReconciler, ReconcileCounts } from "./reconcile-files.ts";

/** Known photos compared at a time when looking for vanished ones. */
const KNOWN_PAGE = 2000;

/** New files taken in at a time: small enough that the first photos are analysed while the rest is still listed. */
const TAKE_IN_BATCH = 500;

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
  const unknown: FoundFile[] = [];
  const problems: ScanProblem[] = [];
  const counts = { unchanged: 0, changed: 0, added: 0, moved: 0 };
  const isFirstScan = (await photos.listKnown(folder.id, 0, 1)).length === 0;
  let files = 0;
  for await (const batch of scanFolders([folder.path], {
    signal,
    exclude,
    onProblem: (problem) => problems.push(problem),
  })) {
    const compared = await reconciler.compare(
      batch.map(({ path, byteSize, modifiedAtMs }) => ({
        path,
        byteSize,
        modifiedAtMs: Math.trunc(modifiedAtMs),
      })),
    );
    for (const id of compared.seenIds) seen.add(id);
    counts.unchanged += compared.counts.unchanged;
    counts.changed += compared.counts.changed;
    unknown.push(...compared.unknown);
    // Nothing can have moved within a folder that is new, so its photos need not wait for the end of the walk.
    if (isFirstScan) await takeIn(unknown.splice(0));
    files += batch.length;
    await onProgress(files);
  }
  if (files === 0 && !isFirstScan) {
    throw new KeepsightError(
      "file_unreadable",
      `${folder.path} is empty though the library knows photos in it. Is its drive connected? Nothing was changed.`,
    );
  }
  // Before a first scan nothing was known that could have vanished; its own photos are not in `seen`.
  const missing = isFirstScan ? 0 : await markVanished();
  while (unknown.length > 0 && !signal.aborted) await takeIn(unknown.splice(0, TAKE_IN_BATCH));
  if (problems.length > 0)
    logger.warn({ folder: folder.path, problems }, "parts of a folder could not be read");
  return { ...counts, missing, problems };

  async function takeIn(fresh: readonly FoundFile[]): Promise<void> {
    const taken = await reconciler.takeIn(fresh, folder.id);
    counts.added += taken.added;
    counts.moved += taken.moved;
  }

  async function markVanished(): Promise<number> {
    let marked = 0;
    let afterId = 0;
    for (;;) {
      const page = await photos.listKnown(folder.id, afterId, KNOWN_PAGE);
      if (page.length === 0) return marked;
      afterId = page.at(-1)!.id;
      const vanished = page.filter(
        ({ id, path, missingSince }) => missingSince === undefined && !seen.has(id) && !isBelowProblem(path),
      );
      await photos.markMissing(vanished.map(({ id }) => id));
      marked += vanished.length;
    }
  }

  /** Photos in a folder that could not be listed may well be there still. */
  function isBelowProblem(path: string): boolean {
    return problems.some((problem) => path === problem.path || path.startsWith(`${problem.path}/`));
  }
}
