import { KeepsightError } from "../../core/errors.ts";
import type { Job, JobFilter } from "../../database/jobs/job.ts";
import type { JobStore } from "../../database/jobs/job-store.ts";
import type { PhotoStore } from "../../database/photo-store.ts";
import type { JobRunner } from "./job-runner.ts";

/** Window over which the rate is measured, milliseconds: long enough to be steady, short enough to follow a change. */
const RATE_WINDOW_MS = 60_000;

/** All jobs of one kind together. */
export interface QueueState {
  readonly kind: string;
  readonly isPaused: boolean;
  readonly queued: number;
  readonly running: number;
  /** By this process, since work of this kind last began after a pause with nothing to do. */
  readonly succeeded: number;
  readonly failed: number;
  /** Undefined while nothing has finished within the last minute. */
  readonly ratePerSecond?: number;
  readonly etaSeconds?: number;
}

/** A job with the file name of its photo. */
export interface JobWithFile {
  readonly job: Job;
  readonly fileName?: string;
}

/** What the jobs are doing, and the hand on them. */
export interface JobOverview {
  queues(): Promise<QueueState[]>;
  list(
    filter: JobFilter,
    page: { limit: number; offset: number },
  ): Promise<{ items: JobWithFile[]; total: number }>;
  get(jobId: number): Promise<JobWithFile>;
  /** Queues an ended job again; `conflict` when it has not failed or been cancelled. */
  retry(jobId: number): Promise<void>;
  retryFailed(kind?: string): Promise<number>;
  /** Ends a job; `conflict` when it has ended already. */
  cancel(jobId: number): Promise<void>;
  pause(kind: string): Promise<void>;
  resume(kind: string): Promise<void>;
}

export interface JobOverviewOptions {
  readonly jobs: JobStore;
  readonly photos: PhotoStore;
  readonly runner: JobRunner;
  /** Kinds of jobs that can be paused. */
  readonly kinds: readonly string[];
}

/** An overview of one library's jobs; see {@link JobOverview}. */
export function createJobOverview({ jobs, photos, runner, kinds }: JobOverviewOptions): JobOverview {
  async function queues(): Promise<QueueState[]> {
    const [counts, throughput, paused] = await Promise.all([
      jobs.counts(),
      jobs.throughput(RATE_WINDOW_MS),
      jobs.pausedKinds(),
    ]);
    const countOf = (kind: string, state: string) =>
      counts.find((count) => count.kind === kind && count.state === state)?.count ?? 0;
    return kinds.map((kind) => {
      const queued = countOf(kind, "queued");
      const running = countOf(kind, "running");
      const rate = throughput.find((one) => one.kind === kind)?.perSecond ?? 0;
      const isPaused = paused.includes(kind);
      const state = {
        kind,
        isPaused,
        queued,
        running,
        succeeded: runner.countDone(kind),
        failed: countOf(kind, "failed"),
      };
      if (rate === 0) return state;
      const etaSeconds = Math.ceil((queued + running) / rate);
      return { ...state, ratePerSecond: rate, ...(isPaused ? {} : { etaSeconds }) };
    });
  }

  async function withFiles(found: readonly Job[]): Promise<JobWithFile[]> {
    const ids = found.flatMap(({ photoId }) => (photoId === undefined ? [] : [photoId]));
    const names = new Map((await photos.getMany(ids)).map(({ id, fileName }) => [id, fileName]));
    return found.map((job) => {
      const fileName = names.get(job.photoId ?? -1);
      return fileName === undefined ? { job } : { job, fileName };
    });
  }

  async function get(jobId: number): Promise<JobWithFile> {
    const job = await jobs.get(jobId);
    if (job === undefined) throw new KeepsightError("not_found", `There is no job ${jobId}.`);
    return (await withFiles([job]))[0]!;
  }

  function checkKind(kind: string): void {
    if (!kinds.includes(kind)) {
      throw new KeepsightError("not_found", `There is no queue "${kind}"; there are ${kinds.join(", ")}.`);
    }
  }

  return {
    queues,
    get,
    async list(filter, page) {
      const [found, total] = await Promise.all([jobs.list(filter, page), jobs.count(filter)]);
      return { items: await withFiles(found), total };
    },
    async retry(jobId) {
      const { job } = await get(jobId);
      if (!(await jobs.retry(jobId))) {
        throw new KeepsightError(
          "conflict",
          job.state === "failed" || job.state === "cancelled"
            ? `The same work as that of job ${jobId} is queued already.`
            : `Job ${jobId} is ${job.state}; only failed and cancelled jobs can be retried.`,
        );
      }
      runner.notify();
    },
    async retryFailed(kind) {
      if (kind !== undefined) checkKind(kind);
      const retried = await jobs.retryFailed(kind);
      runner.notify();
      return retried;
    },
    async cancel(jobId) {
      const { job } = await get(jobId);
      if (!(await runner.cancel(jobId)))
        throw new KeepsightError("conflict", `Job ${jobId} has ended already (${job.state}).`);
    },
    async pause(kind) {
      checkKind(kind);
      await jobs.pause(kind);
    },
    async resume(kind) {
      checkKind(kind);
      await jobs.resume(kind);
      runner.notify();
    },
  };
}
