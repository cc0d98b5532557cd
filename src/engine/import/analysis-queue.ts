import type { Step } from "../../core/photo-analysis.ts";
import type { JobStore } from "../../database/jobs/job-store.ts";

/** The kind of job that analyses one photo. */
export const ANALYSE_JOB = "analyse";

/** What an analysis is for; what a person waits for goes first. */
const PRIORITIES = { upload: 30, scan: 20, request: 20, backfill: 10 } as const;
export type AnalysisPurpose = keyof typeof PRIORITIES;

/** Enough for trouble that passes; a photo that ends its analyser every time should not do so often. */
const MAX_ATTEMPTS = 4;

/** What the payload of an `analyse` job says. */
export interface AnalysisPayload {
  /** Steps to run though their results are there; absent: those that are missing or outdated. */
  readonly steps?: readonly Step[];
  /** Steps that the person who added the photo did not want. */
  readonly withoutSteps?: readonly Step[];
  /** How that person wants photos that are almost the same looked for; absent: as set. */
  readonly near?: { readonly detectNear?: boolean; readonly nearThreshold?: number };
}

/** Puts photos in the queue for analysis. */
export interface AnalysisQueue {
  /** Ids of the jobs, in order; a photo that is queued already keeps its job. */
  add(
    photoIds: readonly number[],
    purpose: AnalysisPurpose,
    payload?: AnalysisPayload,
  ): Promise<readonly number[]>;
}

/** A queue of analyses; `notify` is called when there is new work. */
export function createAnalysisQueue(jobs: JobStore, notify: () => void): AnalysisQueue {
  return {
    async add(photoIds, purpose, payload = {}) {
      if (photoIds.length === 0) return [];
      const forced = payload.steps === undefined ? "" : `:${payload.steps.join("+")}`;
      const queued = await jobs.enqueue(
        photoIds.map((photoId) => ({
          kind: ANALYSE_JOB,
          dedupeKey: `${photoId}${forced}`,
          photoId,
          payload,
          priority: PRIORITIES[purpose],
          maxAttempts: MAX_ATTEMPTS,
        })),
      );
      notify();
      return queued.map(({ id }) => id);
    },
  };
}
