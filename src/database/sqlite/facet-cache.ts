import { sql } from "kysely";
import { type FacetPostings, readFacetPostings } from "./facet-postings.ts";
import type { ReadRows } from "./thread-tasks.ts";

/** Postings of so many ids, those of some ten thousand photos, are read in hundredths of a second. */
const SMALL = 200_000;

/** What large libraries' facets are counted by may be so old, milliseconds, or so many times what reading it takes. */
const MAX_AGE_MS = 15_000;
const REST_FACTOR = 20;

/** Postings that nobody asked for are kept for so long, milliseconds. */
const FORGET_MS = 120_000;

/**
 * Keeps the postings of facets while nothing is written. Large ones are kept for some seconds whatever is written, since an
 * import would have them read all the time, and are forgotten when nobody has asked for a while.
 */
export function createFacetCache(read: ReadRows): () => FacetPostings {
  let last: { readonly version: number; readonly staleAt: number; readonly known: FacetPostings } | undefined;

  function readAnew(version: number) {
    const started = performance.now();
    const known = readFacetPostings(read);
    const ended = performance.now();
    const staleAt = ended + Math.max(MAX_AGE_MS, (ended - started) * REST_FACTOR);
    return { version, staleAt: known.size < SMALL ? ended : staleAt, known };
  }

  let forgetting: NodeJS.Timeout | undefined;
  return () => {
    clearTimeout(forgetting);
    forgetting = setTimeout(() => (last = undefined), FORGET_MS).unref();
    // Another one whenever another connection has committed something.
    const version = read(sql<{ data_version: number }>`pragma data_version`)[0]!.data_version;
    if (last === undefined || (last.version !== version && performance.now() >= last.staleAt))
      last = readAnew(version);
    return last.known;
  };
}
