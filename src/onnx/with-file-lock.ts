import { open, readFile, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";

/** The holder renews its lock this often. */
const RENEW_MS = 5_000;
/** A lock not renewed for this long belonged to a process that is gone: six renewals may be missed. */
const STALE_MS = 30_000;
const POLL_MS = 200;

/**
 * What `work` gives back, done while no other caller, in this process or another, works under the same lock file. Waits
 * for its turn. The lock of a killed process is taken over: at once when it ran on this machine, else after 30 s without
 * renewal. (Two waiters that take over in the same instant may both proceed: the work itself must stay correct then.)
 * Rejects when `signal` aborts the waiting.
 */
export async function withFileLock<T>(
  path: string,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  while (!(await tryLock(path))) {
    if (await isStale(path)) await rm(path, { force: true });
    else await delay(POLL_MS, undefined, signal === undefined ? {} : { signal });
  }
  // A failed renewal only makes the lock look stale, for which the contract above provides.
  const renewal = setInterval(
    () => void utimes(path, new Date(), new Date()).catch(() => undefined),
    RENEW_MS,
  );
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    await rm(path, { force: true });
  }
}

async function tryLock(path: string): Promise<boolean> {
  try {
    await using file = await open(path, "wx");
    await file.writeFile(`${process.pid} ${hostname()}`);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function isStale(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined) return false;
  if (Date.now() - stats.mtimeMs > STALE_MS) return true;
  const [pid, host] = (await readFile(path, "utf8").catch(() => "")).split(" ");
  return host === hostname() && !isAlive(Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, but is another user's.
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
