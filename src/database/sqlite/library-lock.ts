/**
 * One process at a time in a data directory.
 *
 * The lock itself is the operating system's: an exclusive SQLite transaction on the empty file `library.lock`, which ends
 * with the process however it dies. So there is no stale lock, no pid that was given away again and no race between two
 * starters. `library.owner.json` beside it only says who has it, for the message, and whether the last owner left properly.
 *
 * The process must not open `library.lock` in any other way: closing it would drop the lock (POSIX advisory locks).
 */
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isFileMissing, KeepsightError } from "../../core/errors.ts";
import { toDatabaseError } from "./sqlite-error.ts";

const LOCK_FILE = "library.lock";
const OWNER_FILE = "library.owner.json";
const SQLITE_BUSY = 5;

/** The right to use a data directory alone. */
export interface LibraryLock {
  /** True when the last owner ended without giving the lock back: a crash, a kill, a power cut. */
  readonly wasTakenOver: boolean;
  /** False when the data directory was deleted, moved or replaced: what is written now is lost. */
  isInPlace(): boolean;
  release(): void;
}

/** Who has the lock, in words; undefined when nothing says so. */
function readOwner(file: string): string | undefined {
  try {
    const { pid, host, since } = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    const where = host === hostname() ? "" : ` on ${String(host)}`;
    return `process ${String(pid)}${where}, since ${String(since)}`;
  } catch (error) {
    return isFileMissing(error) ? undefined : "an unknown process";
  }
}

function lockFile(directory: string): DatabaseSync {
  mkdirSync(directory, { recursive: true });
  let connection: DatabaseSync | undefined;
  try {
    connection = new DatabaseSync(join(directory, LOCK_FILE), { timeout: 0 });
    connection.exec("begin exclusive");
    return connection;
  } catch (error) {
    connection?.close();
    const { message, errcode } = error as Error & { errcode?: number };
    if (errcode !== SQLITE_BUSY)
      throw toDatabaseError(errcode === undefined ? { message } : { message, errcode });
    const owner = readOwner(join(directory, OWNER_FILE)) ?? "a process that has just started";
    throw new KeepsightError(
      "library_locked",
      `The library in ${directory} is in use by another Keepsight (${owner}). Stop that one, or choose another data directory.`,
      { cause: error },
    );
  }
}

/** Tells a file from any other that may stand at its path; undefined when there is none. */
function identifyFile(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}

/**
 * Takes the data directory (made if need be) for this process until `release`. `library_locked`, naming the process that
 * has it, when it is taken.
 */
export function acquireLibraryLock(directory: string): LibraryLock {
  const connection = lockFile(directory);
  const ownerFile = join(directory, OWNER_FILE);
  const wasTakenOver = readOwner(ownerFile) !== undefined;
  const owner = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
  try {
    writeFileSync(ownerFile, JSON.stringify(owner));
  } catch (error) {
    connection.close();
    throw new KeepsightError(
      "unavailable",
      `The library in ${directory} cannot be worked on (${(error as Error).message}); is it another user's, or the disk full?`,
      { cause: error },
    );
  }
  // Something must refer to the connection until the end: a collected one is closed, and drops the lock.
  const identity = identifyFile(join(directory, LOCK_FILE));
  const holdUntilExit = () => connection.close();
  process.once("exit", holdUntilExit);
  const isInPlace = () => identifyFile(join(directory, LOCK_FILE)) === identity;
  return {
    wasTakenOver,
    isInPlace,
    release() {
      if (!connection.isOpen) return;
      process.off("exit", holdUntilExit);
      if (isInPlace()) rmSync(ownerFile, { force: true });
      connection.close();
    },
  };
}
