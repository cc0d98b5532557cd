/**
 * Lists the photo files below folders.
 *
 * Cost: one directory read a folder and one stat a file, 32 at a time; memory grows with the number of folders, not of files.
 * Contract:
 * - each file is listed once: a symbolic link is followed, but a folder that was walked already, or a file whose folder was,
 *   is not listed again under the link's name; real paths come before linked ones, links in the order of their names;
 * - hidden and junk folders ({@link isIgnoredName}) and excluded ones are not entered;
 * - paths are given exactly as the file system spells them below the given folder;
 * - what cannot be read is reported and the rest goes on; a root that cannot be read ends the scan.
 */
import { type Dirent, lstat as lstatWithCallback, type Stats } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { isFileMissing, KeepsightError } from "../core/errors.ts";
import type { SidecarFile } from "../core/photo-analysis.ts";
import { isIgnoredName } from "./ignored-names.ts";
import { mapInParallel } from "./map-in-parallel.ts";
import { hasPhotoExtension } from "./photo-extensions.ts";
import { findSidecars, hasSidecarExtension, sidecarNames } from "./sidecar.ts";

/** A photo file as the file system describes it. */
export interface ScannedFile {
  readonly path: string;
  readonly byteSize: number;
  /** Milliseconds since 1970, with the fraction that the file system keeps. */
  readonly modifiedAtMs: number;
  /** Together with `device` the identity of the file on this machine while it exists; survives renaming. */
  readonly inode: number;
  readonly device: number;
  /** XMP files beside it, the one that counts first; absent where there are none. */
  readonly sidecars?: readonly SidecarFile[];
}

/** Something below the roots that could not be read. */
export interface ScanProblem {
  readonly path: string;
  /** For a person. */
  readonly reason: string;
}

interface ScanOptions {
  readonly signal?: AbortSignal;
  /** Folders that are not entered, such as the library's own data directory. */
  readonly exclude?: readonly string[];
  readonly includeHidden?: boolean;
  readonly onProblem?: (problem: ScanProblem) => void;
}

/** Files of one batch: large enough to be cheap, small enough for one database transaction. */
const BATCH_SIZE = 500;

/** Node puts this in place of bytes that are not UTF-8; such a name cannot be opened again. */
const REPLACEMENT_CHARACTER = "\uFFFD";

/**
 * The photo files below the folders, in batches of 500 to 999 (the last may be smaller). Throws `not_found` or `file_unreadable` for a root that cannot
 * be read, and the signal's reason when it is aborted.
 */
export async function* scanFolders(
  folders: readonly string[],
  { signal, exclude = [], includeHidden = false, onProblem = () => {} }: ScanOptions = {},
): AsyncGenerator<ScannedFile[], void, undefined> {
  const visited = new Set<string>();
  const excluded = new Set(
    (await Promise.all(exclude.map(identifyIfPresent))).filter((id) => id !== undefined),
  );
  const pending = await Promise.all(folders.toReversed().map((folder) => requireFolder(resolve(folder))));
  const links: string[] = [];
  const fileLinks: FileLink[] = [];
  const linkedFiles = new Set<string>();
  /** By path of a photo that was listed and not described yet: names of files that may be its sidecars. */
  const sidecarsOf = new Map<string, readonly string[]>();
  let batch: ScannedFile[] = [];

  while (pending.length > 0 || links.length > 0 || fileLinks.length > 0) {
    signal?.throwIfAborted();
    const found = await nextFiles();
    for (let i = 0; i < found.length; i += BATCH_SIZE) {
      batch.push(...(await describeFiles(found.slice(i, i + BATCH_SIZE))));
      if (batch.length < BATCH_SIZE) continue;
      yield batch;
      signal?.throwIfAborted();
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;

  /** The photos of the next folder; when all are walked, of the next link. */
  async function nextFiles(): Promise<string[]> {
    const folder = pending.pop();
    if (folder !== undefined) return listFolder(folder);
    const link = links.shift();
    if (link === undefined) return takeLinkedFile(fileLinks.shift()!);
    await followLink(link);
    return [];
  }

  /** Paths of the photo files right in the folder; its folders and links are queued. */
  async function listFolder({ path, id }: Folder): Promise<string[]> {
    if (visited.has(id) || excluded.has(id)) return [];
    visited.add(id);
    const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) =>
      report(path, error),
    );
    const photos: string[] = [];
    const linkNames: string[] = [];
    const folderNames: string[] = [];
    const sidecars: string[] = [];
    for (const entry of entries ?? []) sortEntry(entry, { photos, linkNames, folderNames, sidecars });
    noteSidecars(path, photos, new Set(sidecars));
    links.push(...linkNames.toSorted().map((name) => join(path, name)));
    pending.push(...(await queueFolders(path, folderNames)));
    return photos.map((name) => join(path, name));
  }

  /** Only photos beside which there are such names cost more than a scan of photos alone. */
  function noteSidecars(folder: string, photos: readonly string[], present: ReadonlySet<string>): void {
    if (present.size === 0) return;
    for (const photo of photos) {
      const names = sidecarNames(photo).filter((name) => present.has(name));
      if (names.length > 0) sidecarsOf.set(join(folder, photo), names);
    }
  }

  function sortEntry(
    entry: Dirent,
    into: Record<"photos" | "linkNames" | "folderNames" | "sidecars", string[]>,
  ): void {
    const { name } = entry;
    if (isIgnoredName(name, includeHidden)) return;
    if (entry.isDirectory()) into.folderNames.push(name);
    else if (entry.isSymbolicLink()) into.linkNames.push(name);
    else if (entry.isFile() && hasPhotoExtension(name)) into.photos.push(name);
    else if (entry.isFile() && hasSidecarExtension(name)) into.sidecars.push(name);
  }

  async function queueFolders(parent: string, names: readonly string[]): Promise<Folder[]> {
    const identified = await mapInParallel(names, async (name) => {
      const path = join(parent, name);
      const id = await identify(path).catch((error: unknown) => report(path, error));
      return id === undefined ? undefined : { path, id };
    });
    return identified.filter((folder) => folder !== undefined).toReversed();
  }

  /** Folders behind links are queued to be walked, files to be looked at when all folders are known. */
  async function followLink(path: string): Promise<void> {
    try {
      const target = await realpath(path);
      const stats = await stat(target);
      if (isIgnoredName(basename(target), includeHidden)) return;
      if (stats.isDirectory()) pending.push({ path, id: toId(stats) });
      else if (stats.isFile() && hasPhotoExtension(path)) fileLinks.push({ path, target });
    } catch (error) {
      report(path, error);
    }
  }

  /** The link, unless its file is listed under its own name or another link's. */
  async function takeLinkedFile({ path, target }: FileLink): Promise<string[]> {
    if (linkedFiles.has(target)) return [];
    linkedFiles.add(target);
    if (visited.has((await identifyIfPresent(dirname(target))) ?? "")) return [];
    sidecarsOf.set(path, sidecarNames(basename(path)));
    return [path];
  }

  async function describeFiles(paths: readonly string[]): Promise<ScannedFile[]> {
    const files = await mapInParallel(paths, async (path) => {
      const stats = await lstat(path)
        .then((own) => (own.isSymbolicLink() ? stat(path) : own))
        .catch((error: unknown) => reportUnlessGone(path, error));
      if (stats === undefined) return undefined;
      const names = sidecarsOf.get(path);
      if (names === undefined) return toScannedFile(path, stats);
      sidecarsOf.delete(path);
      return { ...toScannedFile(path, stats), sidecars: await findSidecars(path, names) };
    });
    return files.filter((file) => file !== undefined);
  }

  /** A file that went away since its folder was read is no problem: a later scan would not have seen it. */
  function reportUnlessGone(path: string, error: unknown): undefined {
    return isFileMissing(error) && !path.includes(REPLACEMENT_CHARACTER) ? undefined : report(path, error);
  }

  function report(path: string, error: unknown): undefined {
    const isUnnameable = path.includes(REPLACEMENT_CHARACTER);
    onProblem({ path, reason: isUnnameable ? "its name is not valid UTF-8; rename it" : explain(error) });
    return undefined;
  }
}

interface Folder {
  readonly path: string;
  readonly id: string;
}

interface FileLink {
  readonly path: string;
  readonly target: string;
}

const toId = ({ dev, ino }: Stats) => `${dev}:${ino}`;

const identify = async (path: string) => toId(await stat(path));

const identifyIfPresent = (path: string) => identify(path).catch(() => undefined);

function toScannedFile(path: string, { size, mtimeMs, ino, dev }: Stats): ScannedFile {
  return { path, byteSize: size, modifiedAtMs: mtimeMs, inode: ino, device: dev };
}

/** The callback form costs half of the promise form (Node 24, 100,000 files). */
function lstat(path: string): Promise<Stats> {
  return new Promise((fulfil, reject) => {
    lstatWithCallback(path, (error, stats) => (error === null ? fulfil(stats) : reject(error)));
  });
}

async function requireFolder(path: string): Promise<Folder> {
  try {
    const stats = await stat(path);
    if (!stats.isDirectory())
      throw new KeepsightError("bad_request", `${path} is a file; give a folder of photos.`);
    await readdir(path);
    return { path, id: toId(stats) };
  } catch (error) {
    if (error instanceof KeepsightError) throw error;
    if (isFileMissing(error)) {
      throw new KeepsightError("not_found", `The folder ${path} does not exist; is its drive connected?`, {
        cause: error,
      });
    }
    throw new KeepsightError("file_unreadable", `The folder ${path} cannot be read: ${explain(error)}.`, {
      cause: error,
    });
  }
}

function explain(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EACCES" || code === "EPERM") return "no permission to read it";
  if (code === "ELOOP") return "its symbolic links lead in a circle";
  if (code === "ENOENT" || code === "ENOTDIR") return "its symbolic link leads nowhere";
  return message;
}
