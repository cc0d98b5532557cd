import type { Transaction } from "kysely";
import type { JobState } from "../../core/job-state.ts";
import type { Database } from "../database.ts";
import type { Schema } from "../schema.ts";
import type { ClaimRequest, Job, JobFilter, NewJob } from "./job.ts";
import { createReadSide } from "./read-jobs.ts";
import { createUserSide } from "./steer-jobs.ts";
import { createWorkerSide } from "./work-on-jobs.ts";

/** How many jobs of one kind are in one state. */
export interface JobCount {
  readonly kind: string;
  readonly state: JobState;
  readonly count: number;
}

/** How fast jobs of one kind have been ending. */
export interface JobThroughput {
  readonly kind: string;
  readonly finished: number;
  readonly perSecond: number;
}

/** The durable queue. */
export interface JobStore {
  /** Ids in the order given; `isNew` false where a queued or running job with the same key stands in. */
  enqueue(jobs: readonly NewJob[]): Promise<readonly { id: number; isNew: boolean }[]>;
  /** The same inside the caller's transaction; tell the runner after it. */
  enqueueIn(
    transaction: Transaction<Schema>,
    jobs: readonly NewJob[],
  ): Promise<readonly { id: number; isNew: boolean }[]>;
  /** Takes due jobs whose kind is not paused, highest priority first, then oldest. Two claimers never get the same job. */
  claim(request: ClaimRequest): Promise<readonly Job[]>;
  /** Those of the kinds of which a claim would find a job: asking costs nothing of the one writer's time. */
  findDueKinds(kinds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Prolongs the lease; false when the job is no longer this owner's (cancelled, or its lease ran out and was taken). */
  heartbeat(jobId: number, owner: string, leaseMs: number): Promise<boolean>;
  /** `total` of undefined keeps the last one. */
  setProgress(jobId: number, owner: string, done: number, total?: number): Promise<void>;
  /** Ends a job well; `result` is what it has to tell, undefined for nothing. */
  complete(jobId: number, owner: string, result?: unknown): Promise<boolean>;
  /**
   * Ends an attempt badly: back in the queue after `retryInMs`, or `failed` for good when that is undefined or no attempt
   * is left. Undefined when the job is no longer this owner's.
   */
  fail(
    jobId: number,
    owner: string,
    failure: { readonly code: string; readonly reason: string; readonly retryInMs?: number },
  ): Promise<JobState | undefined>;
  /** Puts the owner's running jobs back unharmed, the attempt not counted: a graceful stop. Gives how many. */
  release(owner: string): Promise<number>;
  /**
   * Puts back jobs whose lease ran out (their owner died), or fails them when no attempt is left. With `all`, for a start
   * with the library's lock in hand, every running job counts as such. Gives how many.
   */
  reclaimExpired(options?: { readonly all?: boolean }): Promise<number>;
  /** Ends a queued or running job; false when it had ended already. */
  cancel(jobId: number): Promise<boolean>;
  /** Queues a failed or cancelled job again with fresh attempts; false when it is not one, or a twin is already queued. */
  retry(jobId: number): Promise<boolean>;
  /** Queues all failed jobs again, of one kind or of all. Gives how many. */
  retryFailed(kind?: string): Promise<number>;
  pause(kind: string): Promise<void>;
  resume(kind: string): Promise<void>;
  pausedKinds(): Promise<readonly string[]>;
  get(jobId: number): Promise<Job | undefined>;
  /** Newest first. */
  list(filter: JobFilter, page: { readonly limit: number; readonly offset: number }): Promise<readonly Job[]>;
  count(filter: JobFilter): Promise<number>;
  counts(): Promise<readonly JobCount[]>;
  /**
   * Jobs that succeeded or failed within the last `windowMs`, per kind. The rate is over the time since the first of them
   * began, at most the window, so that it is right from the first seconds of work on.
   */
  throughput(windowMs: number): Promise<readonly JobThroughput[]>;
  /** Forgets succeeded and cancelled jobs that ended before `finishedBefore`. Gives how many. */
  purge(finishedBefore: number): Promise<number>;
}

/** The queue in this database. `now` is the clock, epoch milliseconds. */
export function createJobStore({
  database,
  now = Date.now,
}: {
  readonly database: Database;
  readonly now?: () => number;
}): JobStore {
  return {
    ...createWorkerSide(database, now),
    ...createUserSide(database, now),
    ...createReadSide(database, now),
  };
}
