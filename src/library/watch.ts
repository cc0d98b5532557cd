/**
 * Watches folders of photos for changes: one operating-system watch a folder, none a file, so that a library of a million
 * photos costs its folders only (a general watcher stats every file at its start: 4 s of CPU for 100,000).
 *
 * Contract:
 * - a photo is reported once it has kept its size and date for `settleMs`, so not while it is being copied;
 * - the same names are passed over as in a scan; new folders are entered, their photos reported;
 * - a path given to `onRemove` is gone with everything below it; removals come before changes, so that a moved file is seen
 *   leaving before it is seen arriving;
 * - network file systems send no events: scanning from time to time stays necessary.
 */
import { type FSWatcher, type Stats, watch } from "node:fs";
import { lstat, readdir, stat } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { isFileMissing, KeepsightError } from "../core/errors.ts";
import { isIgnoredName } from "./ignored-names.ts";
import { mapInParallel } from "./map-in-parallel.ts";
import { hasPhotoExtension } from "./photo-extensions.ts";
import type { ScanProblem } from "./scan.ts";
import { hasSidecarExtension, photosOfSidecar } from "./sidecar.ts";

interface WatchOptions {
  /** Photo files that are new or changed and have settled, and those whose sidecar came, changed or went. */
  readonly onChange: (paths: readonly string[]) => void;
  /** Photo files and folders that are gone. */
  readonly onRemove: (paths: readonly string[]) => void;
  /** What can no longer be watched; the rest goes on. */
  readonly onProblem?: (problem: ScanProblem) => void;
  /** How long a file has to stay the same, milliseconds. */
  readonly settleMs?: number;
  readonly exclude?: readonly string[];
  readonly includeHidden?: boolean;
}

/** A running watch. */
export interface FolderWatch {
  /** Ends the watch; nothing is reported afterwards. */
  close(): Promise<void>;
}

/** Programs that copy photos write at least every second. */
const DEFAULT_SETTLE_MS = 2000;

interface WatchedFolder {
  readonly watcher: FSWatcher;
  readonly id: string;
}

/**
 * Begins to watch the folders and what is below them. Throws `unavailable` with what to do when the system's limit of watches
 * is reached, `not_found` or `file_unreadable` for a root that cannot be watched.
 */
export async function watchFolders(folders: readonly string[], options: WatchOptions): Promise<FolderWatch> {
  const { onChange, onRemove, onProblem = () => {}, settleMs = DEFAULT_SETTLE_MS } = options;
  const { exclude = [], includeHidden = false } = options;
  // By identity and not by path, as in a scan: a link may lead to an excluded folder under another name.
  const excludedIds = new Set(await Promise.all(exclude.map(identifyIfPresent)));
  const watched = new Map<string, WatchedFolder>();
  /** Device and inode of each, so that links do not lead to the same folder twice or round in a circle. */
  const watchedIds = new Set<string>();
  /** Paths with events, and the state that each was last seen in. */
  const pending = new Map<string, string | undefined>();
  let timer: NodeJS.Timeout | undefined;
  let examination: Promise<void> | undefined;
  let isStarting = true;
  let isClosed = false;

  try {
    for (const folder of folders) await watchTree(resolve(folder));
  } catch (error) {
    closeAll();
    throw toWatchError(error);
  }
  isStarting = false;
  return {
    async close() {
      isClosed = true;
      clearTimeout(timer);
      closeAll();
      await examination;
    },
  };

  /** Watches a folder and all below it; gives the photos found there. */
  async function watchTree(path: string): Promise<string[]> {
    const id = toId(await stat(path));
    if (isClosed || watchedIds.has(id) || excludedIds.has(id)) return [];
    // Watched first and listed then: a file that appears in between is seen twice rather than never.
    watched.set(path, { watcher: watchFolder(path), id });
    watchedIds.add(id);
    const entries = (await readdir(path, { withFileTypes: true })).filter(
      ({ name }) => !isIgnoredName(name, includeHidden),
    );
    const photos = entries.filter((entry) => !entry.isDirectory() && hasPhotoExtension(entry.name));
    const found = photos.map(({ name }) => join(path, name));
    for (const entry of entries) {
      const child = join(path, entry.name);
      const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && (await isLinkToFolder(child)));
      if (isFolder) found.push(...(await watchTree(child).catch((error: unknown) => report(child, error))));
    }
    return found;
  }

  function watchFolder(path: string): FSWatcher {
    const watcher = watch(path, { persistent: true }, (_event, name) => {
      if (name !== null && !isIgnoredName(name, includeHidden)) touch(join(path, name));
    });
    // A folder that goes away is noticed through its parent.
    watcher.on("error", () => unwatchTree(path));
    return watcher;
  }

  function touch(path: string): void {
    pending.set(path, undefined);
    if (!isClosed && timer === undefined && examination === undefined) timer = setTimeout(examine, settleMs);
  }

  function examine(): void {
    timer = undefined;
    examination = examinePending().finally(() => {
      examination = undefined;
      if (!isClosed && pending.size > 0) timer = setTimeout(examine, settleMs);
    });
  }

  /** Looks at each path with events: gone, new folder, settled photo, or still changing. */
  async function examinePending(): Promise<void> {
    const seen = await mapInParallel([...pending], async ([path, state]) => ({
      path,
      state,
      stats: await lstat(path)
        .then(followLink(path))
        .catch(() => undefined),
    }));
    const removed = seen.filter(({ stats }) => stats === undefined).map(({ path }) => path);
    for (const path of removed) pending.delete(path);
    const gone = removed.filter((path) => unwatchTree(path) || hasPhotoExtension(path));
    if (gone.length > 0 && !isClosed) onRemove(gone);

    const settled: string[] = [];
    const sidecars = removed.filter(hasSidecarExtension);
    for (const { path, state, stats } of seen) {
      if (stats === undefined) continue;
      if (stats.isDirectory()) await enter(path);
      else if (!stats.isFile() || !(hasPhotoExtension(path) || hasSidecarExtension(path)))
        pending.delete(path);
      else if (state !== toState(stats)) keepWaiting(path, state, toState(stats));
      else if (pending.get(path) === state && pending.delete(path))
        (hasPhotoExtension(path) ? settled : sidecars).push(path);
    }
    settled.push(...(await toldOf(sidecars, settled)));
    if (settled.length > 0 && !isClosed) onChange(settled);
  }

  /** The photos of these sidecars that are not reported anyhow, now or once they have settled. */
  async function toldOf(sidecars: readonly string[], settled: readonly string[]): Promise<string[]> {
    const photos = new Set((await mapInParallel(sidecars, photosOfSidecar)).flat());
    return [...photos].filter((path) => !settled.includes(path) && !pending.has(path));
  }

  /** An event that came while the file was looked at starts its waiting anew. */
  function keepWaiting(path: string, before: string | undefined, now: string): void {
    pending.set(path, pending.get(path) === before ? now : undefined);
  }

  async function enter(path: string): Promise<void> {
    pending.delete(path);
    if (watched.has(path)) return;
    const photos = await watchTree(path).catch((error: unknown) => report(path, error));
    for (const photo of photos) touch(photo);
  }

  /** True when the path was a watched folder. */
  function unwatchTree(path: string): boolean {
    if (!watched.has(path)) return false;
    for (const [folder, { watcher, id }] of watched) {
      if (folder !== path && !folder.startsWith(path + sep)) continue;
      watcher.close();
      watched.delete(folder);
      watchedIds.delete(id);
    }
    return true;
  }

  function closeAll(): void {
    for (const { watcher } of watched.values()) watcher.close();
    watched.clear();
    pending.clear();
  }

  function report(path: string, error: unknown): string[] {
    const known = toWatchError(error);
    // While starting, nobody is served by a watch of half the folders.
    if (isStarting && known.code === "unavailable") throw known;
    if (!isFileMissing(error)) onProblem({ path, reason: known.message });
    return [];
  }
}

const toId = ({ dev, ino }: Stats) => `${dev}:${ino}`;

const identifyIfPresent = (path: string) => stat(path).then(toId, () => undefined);

const toState = ({ size, mtimeMs, ino }: Stats) => `${size}:${mtimeMs}:${ino}`;

const isLinkToFolder = (path: string) =>
  stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );

const followLink = (path: string) => (stats: Stats) => (stats.isSymbolicLink() ? stat(path) : stats);

function isWatchLimit(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EMFILE";
}

function toWatchError(error: unknown): KeepsightError {
  if (error instanceof KeepsightError) return error;
  const { path = "The folder", message } = error as NodeJS.ErrnoException;
  if (isWatchLimit(error)) {
    return new KeepsightError(
      "unavailable",
      "The system's limit of watched folders is reached; new photos are found by scanning only. " +
        "Raise it: sysctl fs.inotify.max_user_watches=1048576",
      { cause: error },
    );
  }
  const code = isFileMissing(error) ? "not_found" : "file_unreadable";
  return new KeepsightError(code, `${path} cannot be watched: ${message}`, { cause: error });
}
