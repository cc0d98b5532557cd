import { realpath, stat } from "node:fs/promises";
import { resolve, sep } from "node:path";
import { isFileMissing, KeepsightError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { Folder, FolderStore } from "../../database/folder-store.ts";
import type { JobStore } from "../../database/jobs/job-store.ts";
import type { PhotoStore } from "../../database/photo-store.ts";
import type { PhotoVisibility } from "../../database/photo-visibility.ts";
import type { ScanProblem } from "../../library/scan.ts";
import { watchFolders, type FolderWatch } from "../../library/watch.ts";
import type { JobHandler } from "../jobs/job-runner.ts";
import type { LibraryEvents } from "../library-events.ts";
import type { FileReconciler } from "./reconcile-files.ts";
import { scanFolder } from "./scan-folder.ts";
import { isFileGone, readFoundPhoto } from "./read-found-file.ts";

/** The kind of job that compares one folder with the library. */
export const SCAN_JOB = "scan";

/** Scans go before analyses, so that the whole of what is to do is known early. */
const SCAN_PRIORITY = 50;

/** Copies arrive in pieces; programs that copy photos write at least every second. */
const DEFAULT_SETTLE_MS = 2000;

/** An unchanged library of 100,000 photos is looked through in about two seconds, milliseconds. */
const DEFAULT_RESCAN_MS = 60 * 60_000;

/** How soon a drive that was plugged in is noticed, milliseconds; it costs one stat a folder. */
const DEFAULT_PRESENCE_MS = 10_000;

export interface LibraryFoldersOptions {
  readonly folders: FolderStore;
  readonly jobs: JobStore;
  readonly photos: PhotoStore;
  readonly reconciler: FileReconciler;
  readonly visibility: Pick<PhotoVisibility, "restoreFolder">;
  readonly events: LibraryEvents;
  readonly logger: Logger;
  readonly dataDirectory: string;
  readonly notify: () => void;
  /** Queues photos that still have something to do: a job may be lost when the disk is full between two writes. */
  readonly backfill: () => Promise<number>;
  /** A file must stay the same for this long before it is taken in, milliseconds. */
  readonly settleMs?: number;
  /** Time between two scans of everything while watching, milliseconds. */
  readonly rescanMs?: number;
  /** Time between two looks whether a folder went away or came back while watching, milliseconds. */
  readonly presenceMs?: number;
}

/** The folders a library looks after: added, scanned, watched. */
export function createLibraryFolders(options: LibraryFoldersOptions) {
  const { folders, jobs, photos, reconciler, events, logger } = options;
  const exclude = [options.dataDirectory];
  /** By id of the folder; one that is being set up is here already, so that none is set up twice or left behind. */
  const watches = new Map<number, Promise<FolderWatch | undefined>>();
  /** By id of the folder: what its last scan could not read. */
  const problems = new Map<number, readonly ScanProblem[]>();
  /** By id of the folder: which directory it was when last looked at; undefined while it is away. */
  const directories = new Map<number, string | undefined>();
  let isWatching = false;
  let isClosed = false;
  let rescanTimer: NodeJS.Timeout | undefined;
  let presenceTimer: NodeJS.Timeout | undefined;
  let isLooking = false;
  let takingIn: Promise<void> = Promise.resolve();

  /**
   * Adds a folder and queues its scan; throws `bad_request` with the reason when it cannot be one. A folder of the library
   * may be away (its drive is not connected): then the scan says so, and the rest of the library is served meanwhile. One
   * that was removed comes back with its photos, one that rests goes on.
   */
  async function add(
    path: string,
    actor = "import",
  ): Promise<{ readonly folder: Folder; readonly jobId: number }> {
    const known = (await folders.list()).find((folder) => folder.path === resolve(path));
    const folder = known ?? (await addPath(await checkFolder(path, options.dataDirectory), actor));
    if (folder.pausedAt !== undefined) await folders.setPaused(folder.id, false);
    return { folder, jobId: await follow(folder) };
  }

  async function addPath(path: string, actor: string): Promise<Folder> {
    const removed = await folders.findRemoved(path);
    if (removed !== undefined) await options.visibility.restoreFolder(removed.id, actor);
    return folders.add(path);
  }

  /** Adds folders of the configuration, but none that somebody removed or lets rest: that was said later. */
  async function addConfigured(paths: readonly string[]): Promise<void> {
    const resting = (await folders.list()).filter(({ pausedAt }) => pausedAt !== undefined);
    for (const path of paths) {
      const real = await realpath(path).catch(() => resolve(path));
      const isResting = resting.some((folder) => folder.path === real);
      if (!isResting && (await folders.findRemoved(real)) === undefined) await add(path);
      else logger.warn({ folder: real }, "configured folder was removed or rests: `keepsight folders`");
    }
  }

  /** Queues a scan of a folder and watches it where folders are watched; gives the job. */
  async function follow(folder: Folder): Promise<number> {
    const jobId = await queueScan(folder);
    if (isWatching) await watchFolder(folder);
    return jobId;
  }

  /** No longer hears of changes in a folder. */
  async function unfollow(folderId: number): Promise<void> {
    const watch = await watches.get(folderId);
    watches.delete(folderId);
    directories.delete(folderId);
    problems.delete(folderId);
    await watch?.close();
  }

  const listActive = async () => (await folders.list()).filter(({ pausedAt }) => pausedAt === undefined);

  async function queueScan(folder: Folder): Promise<number> {
    const [queued] = await jobs.enqueue([
      {
        kind: SCAN_JOB,
        dedupeKey: String(folder.id),
        payload: { folderId: folder.id },
        priority: SCAN_PRIORITY,
      },
    ]);
    options.notify();
    return queued!.id;
  }

  /** Queues a scan of every folder; gives the jobs. */
  async function scanAll(): Promise<number[]> {
    return Promise.all((await listActive()).map(queueScan));
  }

  const scanHandler: JobHandler = {
    concurrency: 1,
    async run(job, { signal, setProgress }) {
      const { folderId } = job.payload as { folderId: number };
      const folder = (await listActive()).find(({ id }) => id === folderId);
      // Removed or laid to rest since the scan was asked for.
      if (folder === undefined) return undefined;
      const started = performance.now();
      const result = await scanFolder(folder, { photos, reconciler, exclude, logger }, signal, setProgress);
      const durationMs = Math.round(performance.now() - started);
      problems.set(folderId, result.problems);
      logger.info({ folder: folder.path, ...result, durationMs }, "folder scanned");
      publishChange(result.added + result.moved + result.changed, result.missing);
      const { problems: unread, ...counts } = result;
      return { folder: folder.path, ...counts, problems: unread.length, durationMs };
    },
  };

  function publishChange(added: number, removed: number): void {
    if (added > 0) events.publish({ type: "library", reason: "photos-added" });
    if (removed > 0) events.publish({ type: "library", reason: "photos-removed" });
  }

  /**
   * Follows changes in all folders, present and added later, until closed. Network drives send no events and drives come
   * back unannounced, so everything is also looked through from time to time.
   */
  async function startWatching(): Promise<void> {
    isWatching = true;
    await watchAll();
    rescanTimer = setInterval(() => void rescan(), options.rescanMs ?? DEFAULT_RESCAN_MS);
    presenceTimer = setInterval(() => void lookForFolders(), options.presenceMs ?? DEFAULT_PRESENCE_MS);
  }

  async function lookForFolders(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    try {
      for (const folder of await listActive()) await followPresence(folder);
    } catch (error) {
      logger.error({ err: error }, "folders could not be looked for");
    } finally {
      isLooking = false;
    }
  }

  /** A drive takes the watch of its folder with it, and comes back (or another in its place) as another directory. */
  async function followPresence(folder: Folder): Promise<void> {
    const directory = await identifyDirectory(folder.path);
    if (isClosed || directory === directories.get(folder.id)) return;
    directories.set(folder.id, directory);
    const watch = await watches.get(folder.id);
    watches.delete(folder.id);
    await watch?.close();
    logger.info({ folder: folder.path }, directory === undefined ? "folder went away" : "folder is back");
    if (directory === undefined) return;
    await watchFolder(folder);
    await queueScan(folder);
  }

  async function watchAll(): Promise<void> {
    for (const folder of await listActive()) await watchFolder(folder);
  }

  async function rescan(): Promise<void> {
    try {
      await scanAll();
      await options.backfill();
      await watchAll();
    } catch (error) {
      logger.error({ err: error }, "folders could not be looked through");
    }
  }

  async function watchFolder(folder: Folder): Promise<void> {
    if (isClosed || watches.has(folder.id)) return;
    const watch = identifyDirectory(folder.path).then((directory) => {
      directories.set(folder.id, directory);
      return openWatch(folder);
    });
    watches.set(folder.id, watch);
    if ((await watch) === undefined) watches.delete(folder.id);
  }

  /** A folder that cannot be watched is still scanned from time to time, so that is a warning and no failure. */
  async function openWatch(folder: Folder): Promise<FolderWatch | undefined> {
    try {
      return await watchFolders([folder.path], {
        exclude,
        settleMs: options.settleMs ?? DEFAULT_SETTLE_MS,
        onChange: (changed) => noteChanges(() => takeInChanged(changed)),
        onRemove: (removed) => noteChanges(() => markRemoved(removed)),
        onProblem: (problem) => logger.warn(problem, "changes in a folder cannot be followed"),
      });
    } catch (error) {
      logger.warn({ err: error, folder: folder.path }, "changes in a folder cannot be followed");
      return undefined;
    }
  }

  /** Changes are taken in one after the other, in the order in which they were seen. */
  function noteChanges(takeIn: () => Promise<void>): void {
    takingIn = takingIn.then(takeIn).catch((error: unknown) => {
      logger.error({ err: error }, "changes in a folder could not be taken in");
    });
  }

  async function markRemoved(removed: readonly string[]): Promise<void> {
    const known = await photos.findByPaths(removed);
    const others = removed.filter((path) => !known.has(path));
    // What is no photo was a folder: a scan finds out what was in it.
    for (const folder of await listActive()) {
      if (others.some((path) => isInside(path, folder.path))) await queueScan(folder);
    }
    const vanished: number[] = [];
    for (const photo of known.values()) {
      if (await isFileGone(photo.path)) vanished.push(photo.id);
    }
    await photos.markMissing(vanished);
    publishChange(0, vanished.length);
  }

  async function takeInChanged(changed: readonly string[]): Promise<void> {
    const files = (await Promise.all(changed.map(readFoundPhoto))).filter((file) => file !== undefined);
    const { unknown, counts } = await reconciler.compare(files);
    const known = await folders.list();
    const byFolder = Map.groupBy(unknown, (file) => known.find(({ path }) => isInside(file.path, path))?.id);
    let taken = counts.changed;
    for (const [folderId, found] of byFolder) {
      const { added, moved } = await reconciler.takeIn(found, folderId);
      taken += added + moved;
    }
    publishChange(taken, 0);
  }

  async function close(): Promise<void> {
    isClosed = true;
    clearInterval(rescanTimer);
    clearInterval(presenceTimer);
    await Promise.all([...watches.values()].map(async (watch) => (await watch)?.close()));
    await takingIn;
  }

  return {
    add,
    addConfigured,
    follow,
    unfollow,
    scanAll,
    scanHandler,
    startWatching,
    list: () => folders.list(),
    /** What the last scans of this process could not read, of one folder or of all. */
    problems: (folderId?: number) =>
      folderId === undefined ? [...problems.values()].flat() : [...(problems.get(folderId) ?? [])],
    close,
  };
}

export type LibraryFolders = ReturnType<typeof createLibraryFolders>;

/** Tells a directory from any other that may stand at its path; undefined when there is none. */
async function identifyDirectory(path: string): Promise<string | undefined> {
  return stat(path).then(
    ({ dev, ino }) => `${dev}:${ino}`,
    () => undefined,
  );
}

/** Whether a path lies in a folder or is it. */
function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** The folder's real path, when it can be a folder of photos. */
async function checkFolder(path: string, dataDirectory: string): Promise<string> {
  const absolute = resolve(path);
  const real = await realpath(absolute).catch((error: unknown) => {
    const reason = isFileMissing(error) ? "does not exist" : `cannot be opened (${(error as Error).message})`;
    throw new KeepsightError("bad_request", `The folder ${absolute} ${reason}.`, { cause: error });
  });
  if (!(await stat(real)).isDirectory()) {
    throw new KeepsightError(
      "bad_request",
      `${absolute} is not a folder; give the folder that holds the photos.`,
    );
  }
  if (isInside(real, await realpath(dataDirectory))) {
    throw new KeepsightError("bad_request", `${absolute} is inside the library's own data directory.`);
  }
  return real;
}
