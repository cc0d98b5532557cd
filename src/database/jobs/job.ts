import type { Selectable } from "kysely";
import type { JobState } from "../../core/job-state.ts";
import type { JobsTable } from "../schema.ts";
import { withoutNulls } from "../without-nulls.ts";

/** Work to be done later. */
export interface NewJob {
  readonly kind: string;
  /** While a job of the same kind and key is queued or running no second one is made. */
  readonly dedupeKey?: string;
  /**
   * A running job may have passed the place where it would have seen what this one is for: then one more is queued to follow
   * it. Without this the running one stands in.
   */
  readonly followsRunning?: boolean;
  readonly photoId?: number;
  /** Anything JSON can hold. */
  readonly payload?: unknown;
  /** Higher goes first; 0 unless given. */
  readonly priority?: number;
  /** 5 unless given. */
  readonly maxAttempts?: number;
  /** Epoch milliseconds; now unless given. */
  readonly runAfter?: number;
}

/** A job as stored. Times are epoch milliseconds. */
export interface Job {
  readonly id: number;
  readonly kind: string;
  readonly dedupeKey?: string;
  readonly photoId?: number;
  readonly payload: unknown;
  readonly priority: number;
  readonly state: JobState;
  /** Claims so far, the running one included. */
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly runAfter: number;
  readonly leaseOwner?: string;
  readonly leaseUntil?: number;
  readonly errorCode?: string;
  readonly errorReason?: string;
  readonly progressDone: number;
  readonly progressTotal?: number;
  /** What a job that succeeded has to tell. */
  readonly result?: unknown;
  readonly createdAt: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
}

/** Which jobs to take, for whom and for how long. */
export interface ClaimRequest {
  readonly kinds: readonly string[];
  /** Names the claimer; only it can heartbeat, complete, fail or release the job. */
  readonly owner: string;
  readonly leaseMs: number;
  readonly limit: number;
}

/** Narrows a list of jobs. */
export interface JobFilter {
  readonly kinds?: readonly string[];
  readonly states?: readonly JobState[];
  readonly photoId?: number;
}

/** The job of a row. */
export function toJob(row: Selectable<JobsTable>): Job {
  const { result, ...rest } = withoutNulls(row);
  return {
    ...rest,
    payload: JSON.parse(row.payload) as unknown,
    ...(result === undefined ? {} : { result: JSON.parse(result) as unknown }),
  };
}

/** The columns of a job on which nobody works. */
export const NO_LEASE = { leaseOwner: null, leaseUntil: null } as const;
