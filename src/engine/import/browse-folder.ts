import { type Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { isFileMissing, KeepsightError } from "../../core/errors.ts";
import { isIgnoredName } from "../../library/ignored-names.ts";
import { hasPhotoExtension } from "../../library/photo-extensions.ts";
import { scanFolders } from "../../library/scan.ts";

/** Most folders named of one folder: a list that a person can look through. */
const MOST_FOLDERS = 500;

/** A folder on this machine and what is directly in it. */
export interface BrowsedFolder {
  readonly path: string;
  /** The folder around it; undefined at the top. */
  readonly parent: string | undefined;
  /** By name; hidden ones and those of other programs are left out. */
  readonly folders: readonly { readonly name: string; readonly path: string }[];
  /** Photo files directly in it. */
  readonly photos: number;
}

/** Photo files in a folder and below it. */
export interface CountedPhotos {
  readonly photos: number;
  readonly byteSize: number;
  /** False when time was up before all of it was seen. */
  readonly isWhole: boolean;
}

/**
 * What is in a folder, that of the user where none is given. Throws `not_found`, `bad_request` for a file, and
 * `file_unreadable`.
 */
export async function browseFolder(path: string = homedir()): Promise<BrowsedFolder> {
  const entries = await readEntries(path);
  const isFolder = await Promise.all(entries.map((entry) => leadsToFolder(path, entry)));
  const folders = entries.filter(({ name }, i) => isFolder[i] && !isIgnoredName(name, false));
  const parent = dirname(path);
  return {
    path,
    parent: parent === path ? undefined : parent,
    folders: folders
      .map(({ name }) => ({ name, path: join(path, name) }))
      .toSorted((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }))
      .slice(0, MOST_FOLDERS),
    photos: entries.filter(({ name }, i) => !isFolder[i] && hasPhotoExtension(name)).length,
  };
}

/** Counts the photo files below a folder as a scan would find them, for at most `limitMs`. */
export async function countPhotos(
  path: string,
  { exclude, limitMs }: { readonly exclude: readonly string[]; readonly limitMs: number },
): Promise<CountedPhotos> {
  const signal = AbortSignal.timeout(limitMs);
  let photos = 0;
  let byteSize = 0;
  try {
    for await (const files of scanFolders([path], { exclude, signal })) {
      photos += files.length;
      for (const file of files) byteSize += file.byteSize;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    return { photos, byteSize, isWhole: false };
  }
  return { photos, byteSize, isWhole: true };
}

async function readEntries(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (isFileMissing(error))
      throw new KeepsightError("not_found", `The folder ${path} does not exist.`, { cause: error });
    if (code === "ENOTDIR") throw new KeepsightError("bad_request", `${path} is a file.`, { cause: error });
    throw new KeepsightError("file_unreadable", `The folder ${path} cannot be read.`, { cause: error });
  }
}

async function leadsToFolder(path: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return stat(join(path, entry.name)).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
