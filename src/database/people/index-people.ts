import type { JobStore } from "../jobs/job-store.ts";
import type { TextIndex } from "../text-index.ts";
import type { OnPhotosChanged } from "./write-faces.ts";

/** So many photos are indexed anew at once; more are a job, so that naming somebody with ten thousand photos does not wait. */
const INLINE_PHOTOS = 300;

/** Makes names found by words: the photos whose people changed are indexed anew, many of them by a job of the kind given. */
export function createPeopleIndexing(options: {
  readonly textIndex: TextIndex;
  readonly jobs: JobStore;
  readonly jobKind: string;
}): OnPhotosChanged {
  const { textIndex, jobs, jobKind } = options;
  return async (transaction, photoIds) => {
    if (photoIds.length <= INLINE_PHOTOS) return textIndex.update(transaction, photoIds);
    // In the same transaction: a crash loses neither the change nor what has to follow it.
    await jobs.enqueueIn(transaction, [{ kind: jobKind, payload: { photoIds } }]);
  };
}
