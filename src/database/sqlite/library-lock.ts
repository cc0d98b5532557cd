import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { isFileMissing, KeepsightError } from "../../core/errors.ts";

const LOCK_FILE = "library.lock";
/** Taking over a dead owner's lock can lose to another starter; after so many losses something else is wrong. */
const MAX_ATTEMPTS = 10;

/** Who owns a library. */
interface LockOwner {
  readonly token: string;
  readonly pid: number;
  readonly host: string;
  /** ISO time at which it took the lock. */
  readonly since: string;
  /** Kernel's start time of the process, where it tells: the same pid with another one is another process. */
  readonly processStart?: string;
}

/** The right to use a data directory alone. */
export interface LibraryLock {
  /** True when the last owner died without giving the lock back. */
  readonly wasTakenOver: boolean;
  release(): Promise<void>;
}

/** Start time of a process in clock ticks since boot, with the boot's id; undefined where there is no /proc. */
async function readProcessStart(pid: number): Promise<string | undefined> {
  try {
    const [status, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, "utf8"),
      readFile("/proc/sys/kernel/random/boot_id", "utf8"),
    ]);
    // Fields after the command name, which may itself hold blanks and parentheses; the 20th of them is the start time.
    const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
    return `${boot.trim()}:${fields[19]}`;
  } catch {
    return undefined;
  }
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function isOwnerAlive(owner: LockOwner): Promise<boolean> {
  // Another host's processes cannot be seen from here: believe its lock.
  if (owner.host !== hostname()) return true;
  if (!processExists(owner.pid)) return false;
  const start = await readProcessStart(owner.pid);
  return start === undefined || owner.processStart === undefined || start === owner.processStart;
}

/** Undefined when there is no lock; a lock that cannot be understood counts as one of a dead owner. */
async function readLock(file: string): Promise<{ text: string; owner?: LockOwner } | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (isFileMissing(error)) return undefined;
    throw error;
  }
  try {
    return { text, owner: JSON.parse(text) as LockOwner };
  } catch {
    return { text };
  }
}

function lockedError(directory: string, { pid, host, since }: LockOwner): KeepsightError {
  const where = host === hostname() ? "" : ` on ${host}`;
  return new KeepsightError(
    "library_locked",
    `The library in ${directory} is in use by another Keepsight (process ${pid}${where}, since ${since}). Stop that one, or choose another data directory; if you are sure that it is gone, delete ${join(directory, LOCK_FILE)}.`,
  );
}

/** True when the lock is ours: a hard link is made whole or not at all, and never over an existing file. */
async function tryToCreate(file: string, owner: LockOwner): Promise<boolean> {
  const draft = `${file}.${owner.token}`;
  await writeFile(draft, JSON.stringify(owner), { flag: "wx" });
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Moves a dead owner's lock out of the way. Of several starters only one gets to move it; should one move a lock that was
 * new by then, it puts it back.
 */
async function removeStale(file: string, token: string, staleText: string): Promise<void> {
  const aside = `${file}.${token}.stale`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (isFileMissing(error)) return;
    throw error;
  }
  if ((await readFile(aside, "utf8")) !== staleText) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

async function createOwner(): Promise<LockOwner> {
  const processStart = await readProcessStart(process.pid);
  return {
    token: randomUUID(),
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    ...(processStart === undefined ? {} : { processStart }),
  };
}

/**
 * Takes the data directory for this process. `library_locked` when a living process has it; the lock of a process that
 * died (even when its pid was given to another since) is taken over.
 */
export async function acquireLibraryLock(directory: string): Promise<LibraryLock> {
  const file = join(directory, LOCK_FILE);
  const owner = await createOwner();
  let wasTakenOver = false;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    if (await tryToCreate(file, owner)) {
      return {
        wasTakenOver,
        async release() {
          const current = await readLock(file);
          if (current?.owner?.token === owner.token) await rm(file, { force: true });
        },
      };
    }
    const current = await readLock(file);
    if (current === undefined) continue;
    if (current.owner !== undefined && (await isOwnerAlive(current.owner)))
      throw lockedError(directory, current.owner);
    await removeStale(file, owner.token, current.text);
    wasTakenOver = true;
  }
  throw new KeepsightError(
    "library_locked",
    `The lock of the library in ${directory} could not be taken in ${MAX_ATTEMPTS} attempts; try again.`,
  );
}
