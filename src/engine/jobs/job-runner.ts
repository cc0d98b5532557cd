import { toKeepsightError, type KeepsightError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { Job } from "../../database/jobs/job.ts";
import type { JobStore } from "../../database/jobs/job-store.ts";

/**
 * One server works on a library (its lock says so), hence one name for the claimer: whatever a killed predecessor left
 * running belongs to its successor and is put back at the start.
 */
const OWNER = "keepsight";

/** A claim not renewed for this long may be taken over, milliseconds. */
const LEASE_MS = 60_000;
const HEARTBEAT_MS = LEASE_MS / 3;

/** How often the queue is looked at without being told of new work: jobs that wait for their time, milliseconds. */
const POLL_MS = 1000;

/** First wait after a failure, milliseconds; each further one is four times as long, up to an hour, ±20 %. */
const FIRST_RETRY_MS = 5_000;
const RETRY_GROWTH = 4;
const LONGEST_RETRY_MS = 3_600_000;

/** Succeeded and cancelled jobs are forgotten after this long; failed ones are kept for whoever retries them, milliseconds. */
const KEEP_ENDED_MS = 7 * 24 * 3_600_000;

/** What a running job may use. */
export interface JobContext {
  /** Aborted when the job is cancelled or the server stops. */
  readonly signal: AbortSignal;
  /** Tells how far the job is; `total` where it is known. */
  setProgress(done: number, total?: number): Promise<void>;
}

/** What a job has to tell in the end. */
export type JobResult = Readonly<Record<string, unknown>>;

/** What to do with the jobs of one kind. */
export interface JobHandler {
  /** How many of them run at once. */
  readonly concurrency: number;
  /** What it gives is kept with the job, for whoever asked for it: anything JSON can hold, a few lines of it. */
  run(job: Job, context: JobContext): Promise<JobResult | void>;
  /** Called once when a job has failed for good, before its failure is recorded; what it throws is only logged. */
  onFailed?(job: Job, error: KeepsightError): Promise<void>;
}

/** What the runner says of itself. */
export type JobEvent = {
  readonly type: "started" | "succeeded" | "failed" | "will-retry";
  readonly job: Job;
  readonly error?: KeepsightError;
};

export interface JobRunnerOptions {
  readonly jobs: JobStore;
  /** By kind of job. */
  readonly handlers: Readonly<Record<string, JobHandler>>;
  readonly logger: Logger;
  readonly onEvent?: (event: JobEvent) => void;
}

/** Takes jobs from the queue and runs them until it is stopped. */
export interface JobRunner {
  /** Puts back what a killed server left and begins. */
  start(): Promise<void>;
  /** Tells that there may be new work; before the start and after the stop nothing begins. */
  notify(): void;
  /** Ends a queued or running job for good; false when it had ended already. */
  cancel(jobId: number): Promise<boolean>;
  /** Resolves once nothing is running and nothing is due, or the runner has stopped; jobs that wait for a retry are not due. */
  whenIdle(): Promise<void>;
  /** Why no work can begin at the moment, for a person, as when the disk is full; undefined while all is well. */
  trouble(): string | undefined;
  /** How many jobs of a kind this runner has done since it last began on some after having none. */
  countDone(kind: string): number;
  /**
   * Lets nothing new begin, aborts what runs after `graceMs`, and puts it back unharmed. A runner that never started has
   * nothing to put back: what is running then is the work of the server that owns the library.
   */
  stop(graceMs: number): Promise<void>;
}

interface Running {
  readonly job: Job;
  readonly abort: AbortController;
  readonly finished: Promise<void>;
}

/** Wait before attempt `attempts + 1`, milliseconds. */
function retryDelayMs(attempts: number): number {
  const delay = Math.min(FIRST_RETRY_MS * RETRY_GROWTH ** (attempts - 1), LONGEST_RETRY_MS);
  return Math.round(delay * (0.8 + 0.4 * Math.random()));
}

/** A runner over a durable queue; see {@link JobRunner}. */
export function createJobRunner({ jobs, handlers, logger, onEvent }: JobRunnerOptions): JobRunner {
  const running = new Map<number, Running>();
  const done = new Map<string, number>();
  /** Kinds of which there was nothing to do at the last look. */
  const resting = new Set<string>();
  let isStarted = false;
  let isStopping = false;
  let trouble: string | undefined;
  let pollTimer: NodeJS.Timeout | undefined;
  let heartbeatTimer: NodeJS.Timeout | undefined;
  let filling: Promise<void> | undefined;
  let isFillWanted = false;

  async function start(): Promise<void> {
    const recovered = await jobs.release(OWNER);
    if (recovered > 0) logger.info({ jobs: recovered }, "jobs of an unfinished run are queued again");
    await jobs.purge(Date.now() - KEEP_ENDED_MS);
    isStarted = true;
    pollTimer = setInterval(notify, POLL_MS);
    heartbeatTimer = setInterval(() => void renewLeases(), HEARTBEAT_MS);
    notify();
  }

  /** One look at the queue at a time; a call during a look makes one more follow. */
  function notify(): void {
    if (!isStarted || isStopping) return;
    isFillWanted = true;
    filling ??= fill().finally(() => {
      filling = undefined;
      if (isFillWanted) notify();
    });
  }

  async function fill(): Promise<void> {
    while (isFillWanted && !isStopping) {
      isFillWanted = false;
      let failure: string | undefined;
      const complain = (error: unknown, kind?: string) => {
        // The next poll tries again; a queue that cannot be read must not end the server.
        failure = toKeepsightError(error).message;
        // Said once and not at every poll: a log on the same full disk would make things worse.
        if (failure !== trouble) logger.error({ err: error, kind }, "jobs could not be claimed");
        return undefined;
      };
      const free = Object.entries(handlers).filter(
        ([kind, { concurrency }]) => countBusy(kind) < concurrency,
      );
      // One question for all kinds: to try to claim each of thirty takes thirty turns of the one writer, after every job.
      const due = await jobs.findDueKinds(free.map(([kind]) => kind)).catch(complain);
      for (const [kind, handler] of due ? free : [])
        await fillKind(kind, handler, due?.has(kind) === true).catch((error: unknown) =>
          complain(error, kind),
        );
      trouble = failure;
    }
  }

  const countBusy = (kind: string) => [...running.values()].filter(({ job }) => job.kind === kind).length;

  async function fillKind(kind: string, handler: JobHandler, isDue: boolean): Promise<void> {
    const busy = countBusy(kind);
    const limit = handler.concurrency - busy;
    if (limit <= 0) return;
    const request = { kinds: [kind], owner: OWNER, leaseMs: LEASE_MS, limit };
    const claimed = isDue ? await jobs.claim(request) : [];
    if (claimed.length > 0 && resting.delete(kind)) done.delete(kind);
    if (claimed.length === 0 && busy === 0 && !(await hasWaiting(kind))) resting.add(kind);
    for (const job of claimed) begin(job, handler);
  }

  /** Paused jobs, and those that wait for another attempt, are waiting too. */
  async function hasWaiting(kind: string): Promise<boolean> {
    return !resting.has(kind) && (await jobs.count({ kinds: [kind], states: ["queued"] })) > 0;
  }

  function begin(job: Job, handler: JobHandler): void {
    const abort = new AbortController();
    const finished = runJob(job, handler, abort.signal).finally(() => {
      running.delete(job.id);
      notify();
    });
    running.set(job.id, { job, abort, finished });
  }

  async function runJob(job: Job, handler: JobHandler, signal: AbortSignal): Promise<void> {
    onEvent?.({ type: "started", job });
    const setProgress = (done: number, total?: number) => jobs.setProgress(job.id, OWNER, done, total);
    try {
      const result = await handler.run(job, { signal, setProgress });
      if (!(await jobs.complete(job.id, OWNER, result ?? undefined))) return;
      done.set(job.kind, countDone(job.kind) + 1);
      onEvent?.({ type: "succeeded", job });
    } catch (thrown) {
      // An aborted job is not a failure: it was cancelled, or goes back to the queue when the server stops.
      if (!signal.aborted) await recordFailure(job, handler, toKeepsightError(thrown));
    }
  }

  async function recordFailure(job: Job, handler: JobHandler, error: KeepsightError): Promise<void> {
    const canRetry = error.isRetryable && job.attempts < job.maxAttempts;
    logFailure(job, error, canRetry);
    if (!canRetry) await tellHandler(job, handler, error);
    try {
      await jobs.fail(job.id, OWNER, {
        code: error.code,
        reason: error.message,
        ...(canRetry ? { retryInMs: retryDelayMs(job.attempts) } : {}),
      });
      onEvent?.({ type: canRetry ? "will-retry" : "failed", job, error });
    } catch (storeError) {
      // Its lease runs out and it is taken up again.
      logger.error({ err: storeError, jobId: job.id }, "a failure could not be recorded");
    }
  }

  /** What is expected to fail (a broken file, a model that is away) needs no stack; a fault of ours does. */
  function logFailure({ id, kind, photoId }: Job, error: KeepsightError, canRetry: boolean): void {
    const { code, message: reason } = error;
    const why = code === "internal" ? { err: error.cause ?? error } : { code, reason };
    logger.warn({ jobId: id, kind, photoId, ...why, canRetry }, "job failed");
  }

  async function tellHandler(job: Job, handler: JobHandler, error: KeepsightError): Promise<void> {
    try {
      await handler.onFailed?.(job, error);
    } catch (thrown) {
      logger.error({ err: thrown, jobId: job.id }, "the end of a failed job could not be handled");
    }
  }

  async function renewLeases(): Promise<void> {
    for (const { job, abort } of running.values()) {
      try {
        if (!(await jobs.heartbeat(job.id, OWNER, LEASE_MS))) abort.abort();
      } catch (error) {
        logger.error({ err: error, jobId: job.id }, "a lease could not be renewed");
      }
    }
    // Left over from failures that could not be recorded.
    await jobs.reclaimExpired().catch((error: unknown) => {
      logger.error({ err: error }, "expired jobs could not be put back");
    });
  }

  async function cancel(jobId: number): Promise<boolean> {
    const wasCancelled = await jobs.cancel(jobId);
    if (wasCancelled) running.get(jobId)?.abort.abort();
    return wasCancelled;
  }

  async function whenIdle(): Promise<void> {
    for (;;) {
      await filling;
      const current = [...running.values()].map(({ finished }) => finished);
      const isSettled = (!isFillWanted && filling === undefined) || isStopping;
      if (current.length === 0 && isSettled) return;
      await Promise.race([...current, new Promise((resolve) => setTimeout(resolve, 50))]);
    }
  }

  async function stop(graceMs: number): Promise<void> {
    isStopping = true;
    if (!isStarted) return;
    clearInterval(pollTimer);
    await filling;
    const all = Promise.allSettled([...running.values()].map(({ finished }) => finished));
    const grace = new Promise((resolve) => setTimeout(resolve, graceMs).unref());
    await Promise.race([all, grace]);
    for (const { abort } of running.values()) abort.abort();
    await all;
    clearInterval(heartbeatTimer);
    await jobs.release(OWNER).catch((error: unknown) => {
      // The next start puts them back; whoever stops must get through.
      logger.error({ err: error }, "running jobs could not be put back");
    });
  }

  const countDone = (kind: string) => done.get(kind) ?? 0;

  return { start, notify, cancel, whenIdle, trouble: () => trouble, countDone, stop };
}
