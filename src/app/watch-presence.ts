import { KeepsightError } from "../core/errors.ts";
import type { LibraryLock } from "../database/sqlite/library-lock.ts";

/** How soon it is noticed that the library was deleted or moved away, milliseconds. */
const PRESENCE_MS = 2000;

/**
 * Looks from time to time whether the library that this process owns is still where it was: SQLite would go on reading and
 * writing files that were deleted, and everything acknowledged from then on would be lost. `whenLost` rejects with
 * `unavailable` once it is gone.
 */
export function watchPresence(dataDirectory: string, lock: LibraryLock | undefined) {
  const { promise: whenLost, reject } = Promise.withResolvers<never>();
  // Whoever does not ask must not fall over it.
  whenLost.catch(() => {});
  const timer = setInterval(() => {
    if (lock?.isInPlace() !== false) return;
    reject(
      new KeepsightError(
        "unavailable",
        `The library is gone: ${dataDirectory} was deleted or moved while it was in use.`,
      ),
    );
  }, PRESENCE_MS);
  return { whenLost, stop: () => clearInterval(timer) };
}
