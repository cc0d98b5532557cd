import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { isFileMissing, KeepsightError } from "../../core/errors.ts";
import { DATABASE_FILE } from "../../database/database.ts";
import { snapshotDatabase } from "../../database/sqlite/snapshot.ts";
import { syncPath } from "./sync-path.ts";
import { BACKUP_FORMAT, hashFile, type Manifest, MANIFEST_FILE, readManifest } from "./manifest.ts";

/** Folders of the library that belong to every backup: uploads are the only copies of their photos, heads took a night to learn. */
const FOLDERS = ["uploads", "face-heads"];
const DERIVATIVES = "derivatives";

/** Left out: uploads that have not arrived. */
const INCOMING = join("uploads", "incoming");

const NAME = /^keepsight-\d{8}-\d{6}(-\d+)?$/;
const PARTIAL = /^\.keepsight-.*\.partial$/;

/** A backup and where it is. */
export interface Backup extends Omit<Manifest, "files" | "format"> {
  readonly name: string;
  readonly path: string;
  readonly byteSize: number;
}

/** What goes into a backup, and where it goes. */
export interface BackupOptions {
  readonly dataDirectory: string;
  /** Folder for backups; made as needed. */
  readonly to: string;
  /** Only so many backups stay there, the newest. */
  readonly keep: number;
  /** Previews and thumbnails too. */
  readonly withDerivatives: boolean;
  readonly signal?: AbortSignal;
  readonly onFile?: (done: number, total: number) => void;
}

/**
 * Writes a backup of a library, which may be in use: the database as it stood at one moment, uploaded photos, and what was
 * learnt. Photos in folders, models and caches are not in it. It is written under another name, checked, and gets its
 * own when all of it is on disk: a backup that was interrupted is none. Older ones beyond `keep` go after that.
 */
export async function backUp(options: BackupOptions): Promise<Backup> {
  const { dataDirectory, to, signal } = options;
  await mkdir(to, { recursive: true });
  await removePartial(to);
  const createdAt = new Date();
  const name = await freeName(to, createdAt);
  const partial = join(to, `.${name}.partial`);
  try {
    await mkdir(partial);
    const facts = await snapshotDatabase(
      join(dataDirectory, DATABASE_FILE),
      join(partial, DATABASE_FILE),
      signal,
    );
    await syncPath(join(partial, DATABASE_FILE));
    // After the database: a photo that it knows was there before it.
    const files = await copyFolders(options, partial);
    const manifest: Manifest = {
      format: BACKUP_FORMAT,
      createdAt: createdAt.toISOString(),
      ...facts,
      withDerivatives: options.withDerivatives,
      files: [{ path: DATABASE_FILE, ...(await hashFile(join(partial, DATABASE_FILE))) }, ...files],
    };
    await writeSynced(join(partial, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
    await syncPath(partial);
    await rename(partial, join(to, name));
    await syncPath(to);
    await removeOld(to, options.keep);
    return toBackup(to, name, manifest);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

function toBackup(directory: string, name: string, manifest: Manifest): Backup {
  const { files, createdAt, schemaVersion, photos, decisions, withDerivatives } = manifest;
  const byteSize = files.reduce((sum, file) => sum + file.byteSize, 0);
  const path = join(directory, name);
  return { name, path, createdAt, schemaVersion, photos, decisions, withDerivatives, byteSize };
}

/** The backups in a folder, newest first; whatever is none is left out. */
export async function listBackups(directory: string): Promise<readonly Backup[]> {
  const names = (await namesIn(directory))
    .filter((name) => NAME.test(name))
    .toSorted()
    .toReversed();
  const backups: Backup[] = [];
  for (const name of names) {
    try {
      backups.push(toBackup(directory, name, await readManifest(join(directory, name))));
    } catch (error) {
      if (!(error instanceof KeepsightError)) throw error;
    }
  }
  return backups;
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isFileMissing(error)) return [];
    throw error;
  }
}

async function removePartial(directory: string): Promise<void> {
  for (const name of await namesIn(directory))
    if (PARTIAL.test(name)) await rm(join(directory, name), { recursive: true, force: true });
}

async function removeOld(directory: string, keep: number): Promise<void> {
  const backups = await listBackups(directory);
  for (const { path } of backups.slice(keep)) await rm(path, { recursive: true });
}

/** `keepsight-YYYYMMDD-HHMMSS` (UTC); a number behind it where there is one of the same second. */
async function freeName(directory: string, at: Date): Promise<string> {
  const taken = new Set(await namesIn(directory));
  const stamp = at
    .toISOString()
    .replaceAll(/[-:]|\.\d+Z/g, "")
    .replace("T", "-");
  const name = `keepsight-${stamp}`;
  if (!taken.has(name)) return name;
  for (let i = 2; ; i++) if (!taken.has(`${name}-${i}`)) return `${name}-${i}`;
}

async function copyFolders(
  { dataDirectory, withDerivatives, signal, onFile }: BackupOptions,
  partial: string,
): Promise<Manifest["files"]> {
  const folders = withDerivatives ? [...FOLDERS, DERIVATIVES] : FOLDERS;
  const paths: string[] = [];
  for (const folder of folders) paths.push(...(await filesBelow(dataDirectory, folder)));
  const files: Manifest["files"] = [];
  for (const [i, path] of paths.entries()) {
    signal?.throwIfAborted();
    onFile?.(i, paths.length);
    const target = join(partial, path);
    await mkdir(dirname(target), { recursive: true });
    try {
      await pipeline(createReadStream(join(dataDirectory, path)), createWriteStream(target, { flush: true }));
    } catch (error) {
      // Purged, or made anew, in the meantime.
      if (!isFileMissing(error)) throw error;
      continue;
    }
    files.push({ path, ...(await hashFile(target)) });
  }
  return files;
}

/** Files below a folder of the library, as paths relative to it; links and unfinished files are left out. */
async function filesBelow(dataDirectory: string, folder: string): Promise<readonly string[]> {
  let entries;
  try {
    entries = await readdir(join(dataDirectory, folder), { withFileTypes: true, recursive: true });
  } catch (error) {
    if (isFileMissing(error)) return [];
    throw error;
  }
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => relative(dataDirectory, join(entry.parentPath, entry.name)))
    .filter((path) => !path.startsWith(INCOMING))
    .toSorted();
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
