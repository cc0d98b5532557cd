import type { JobState } from "./schema.ts";

/** Work to be done later. */
export interface NewJob {
  readonly kind: string;
  /** While a job of the same kind and key is queued or running no second one is made. */
  readonly dedupeKey?: string;
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
  /** Takes due jobs whose kind is not paused, highest priority first, then oldest. Two claimers never get the same job. */
  claim(request: ClaimRequest): Promise<readonly Job[]>;
  /** Prolongs the lease; false when the job is no longer this owner's (cancelled, or its lease ran out and was taken). */
  heartbeat(jobId: number, owner: string, leaseMs: number): Promise<boolean>;
  /** `total` of undefined keeps the last one. */
  setProgress(jobId: number, owner: string, done: number, total?: number): Promise<void>;
  complete(jobId: number, owner: string): Promise<boolean>;
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
  /** Puts back jobs whose lease ran out (their owner died), or fails them when no attempt is left. Gives how many. */
  reclaimExpired(): Promise<number>;
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
  /** Jobs that succeeded or failed within the last `windowMs`, per kind. */
  throughput(windowMs: number): Promise<readonly JobThroughput[]>;
  /** Forgets succeeded and cancelled jobs that ended before `finishedBefore`. Gives how many. */
  purge(finishedBefore: number): Promise<number>;
}
