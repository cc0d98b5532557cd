import { copyFile, mkdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { existsSync } from "node:fs";
import { z } from "zod";
import { isFileMissing, KeepsightError } from "../../core/errors.ts";
import { DATABASE_FILE } from "../../database/database.ts";
import { newestSchema } from "../../database/migrate.ts";
import { acquireLibraryLock } from "../../database/sqlite/library-lock.ts";
import { checkSnapshot } from "../../database/sqlite/snapshot.ts";
import { writeFileAtomically } from "../../library/write-file-atomically.ts";
import { type Manifest, readManifest, verifyFiles } from "./manifest.ts";
import { syncPath } from "./sync-path.ts";

/** Says that a restore has begun to change the library; it is finished by whoever opens the library next. */
const PENDING_FILE = "restore.pending.json";
const STAGE = "restoring";

/** What of a library a restore replaces: the database with its log, and the folders that backups hold. */
const REPLACED = [DATABASE_FILE, `${DATABASE_FILE}-wal`, `${DATABASE_FILE}-shm`, "uploads", "face-heads"];
const DERIVATIVES = "derivatives";

const Pending = z.object({
  /** First all of the replaced library goes aside, then all of the backup into its place. */
  phase: z.enum(["aside", "place"]),
  aside: z.string().min(1),
  names: z.array(z.string().min(1)),
});
type Pending = z.infer<typeof Pending>;

/** A library after a restore. */
export interface Restored {
  readonly photos: number;
  readonly decisions: number;
  readonly createdAt: string;
  /** Where the replaced library is kept; undefined when there was none. */
  readonly aside?: string;
}

/**
 * Makes a backup the library of a data directory. Everything is checked and copied first; only then are files put in each
 * other's place, and that is finished by the next start if this one is killed. The replaced library is kept beside it.
 *
 * @throws KeepsightError `library_locked` while a Keepsight uses the library, `not_found` where there is no backup,
 *   `config_invalid` for one that is damaged or of a newer program. Nothing has changed then.
 */
export async function restore(
  dataDirectory: string,
  backup: string,
  signal?: AbortSignal,
): Promise<Restored> {
  const directory = resolve(backup);
  const manifest = await readManifest(directory);
  checkSchemaKnown(directory, manifest);
  await verifyFiles(directory, manifest, signal);
  const lock = acquireLibraryLock(dataDirectory);
  try {
    await finishRestore(dataDirectory);
    await stage(dataDirectory, directory, manifest, signal);
    const hadLibrary = existsSync(join(dataDirectory, DATABASE_FILE));
    const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+Z/g, "");
    const aside = `replaced-${stamp}`;
    const names = manifest.withDerivatives ? [...REPLACED, DERIVATIVES] : REPLACED;
    await writePending(dataDirectory, { phase: "aside", aside, names });
    await finishRestore(dataDirectory);
    const { photos, decisions, createdAt } = manifest;
    return {
      photos,
      decisions,
      createdAt,
      ...(hadLibrary ? { aside: join(dataDirectory, aside) } : {}),
    };
  } finally {
    lock.release();
  }
}

function checkSchemaKnown(directory: string, { schemaVersion }: Manifest): void {
  if (schemaVersion <= newestSchema()) return;
  throw new KeepsightError(
    "config_invalid",
    `The backup in ${directory} was written by a newer Keepsight (schema ${schemaVersion}, this program knows ${newestSchema()}): update Keepsight.`,
  );
}

/** Copies a backup beside the library and looks whether what has arrived is whole. */
async function stage(
  dataDirectory: string,
  directory: string,
  manifest: Manifest,
  signal?: AbortSignal,
): Promise<void> {
  const target = join(dataDirectory, STAGE);
  await rm(target, { recursive: true, force: true });
  const folders = new Set<string>([target]);
  for (const { path } of manifest.files) {
    signal?.throwIfAborted();
    const file = join(target, path);
    await mkdir(dirname(file), { recursive: true });
    await copyFile(join(directory, path), file);
    await syncPath(file);
    folders.add(dirname(file));
  }
  await verifyFiles(target, manifest, signal);
  await checkSnapshot(join(target, DATABASE_FILE), signal);
  for (const folder of folders) await syncPath(folder);
}

/**
 * Finishes a restore that was cut off, and clears away one that had changed nothing yet. To be called with the library's lock
 * in hand, before its database is opened; doing it again changes nothing.
 */
export async function finishRestore(dataDirectory: string): Promise<void> {
  const staged = join(dataDirectory, STAGE);
  let pending = await readPending(dataDirectory);
  if (pending?.phase === "aside") {
    // Nothing is in place yet: whatever is there belongs to the replaced library.
    for (const name of pending.names)
      await moveIfThere(dataDirectory, join(dataDirectory, pending.aside), name);
    await syncPath(dataDirectory);
    pending = { ...pending, phase: "place" };
    await writePending(dataDirectory, pending);
  }
  if (pending?.phase === "place") {
    for (const name of pending.names) await moveIfThere(staged, dataDirectory, name);
    await syncPath(dataDirectory);
    await rm(join(dataDirectory, PENDING_FILE));
  }
  await rm(staged, { recursive: true, force: true });
}

async function readPending(dataDirectory: string): Promise<Pending | undefined> {
  try {
    return Pending.parse(JSON.parse(await readFile(join(dataDirectory, PENDING_FILE), "utf8")));
  } catch (error) {
    if (isFileMissing(error)) return undefined;
    throw error;
  }
}

async function writePending(dataDirectory: string, pending: Pending): Promise<void> {
  await writeFileAtomically(join(dataDirectory, PENDING_FILE), JSON.stringify(pending));
  await syncPath(dataDirectory);
}

async function moveIfThere(from: string, to: string, name: string): Promise<void> {
  if (!existsSync(join(from, name))) return;
  await mkdir(to, { recursive: true });
  await rename(join(from, name), join(to, name));
}
