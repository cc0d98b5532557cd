import type { Transaction } from "kysely";
import type { JobState } from "../../core/job-state.ts";
import type { Database } from "../database.ts";
import type { Schema } from "../schema.ts";
import { claimJobs } from "../sqlite/claim-jobs.ts";
import { enqueueJobs } from "./enqueue-jobs.ts";
import { type ClaimRequest, type NewJob, NO_LEASE, toJob } from "./job.ts";

const LEASE_EXPIRED = {
  errorCode: "analyser_crashed",
  errorReason: "Whoever worked on it went away without a word.",
} as const;

/** How a job enters, is worked on and leaves; `owner` guards every change of a running one. */
export function createWorkerSide({ writes }: Database, now: () => number) {
  const ownedBy = (jobId: number, owner: string) =>
    writes
      .updateTable("jobs")
      .where("id", "=", jobId)
      .where("state", "=", "running")
      .where("leaseOwner", "=", owner);

  return {
    enqueue: (jobs: readonly NewJob[]) =>
      writes.transaction().execute((transaction) => enqueueJobs(transaction, jobs, now())),
    enqueueIn: (transaction: Transaction<Schema>, jobs: readonly NewJob[]) =>
      enqueueJobs(transaction, jobs, now()),
    async claim({ kinds, owner, leaseMs, limit }: ClaimRequest) {
      const time = now();
      const rows = await claimJobs(writes, { kinds, owner, limit, now: time, leaseUntil: time + leaseMs });
      return rows.map(toJob);
    },
    async heartbeat(jobId: number, owner: string, leaseMs: number) {
      const { numUpdatedRows } = await ownedBy(jobId, owner)
        .set({ leaseUntil: now() + leaseMs })
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },
    async setProgress(jobId: number, owner: string, done: number, total?: number) {
      await ownedBy(jobId, owner)
        .set({ progressDone: done, ...(total === undefined ? {} : { progressTotal: total }) })
        .execute();
    },
    async complete(jobId: number, owner: string, result?: unknown) {
      const { numUpdatedRows } = await ownedBy(jobId, owner)
        .set({
          state: "succeeded",
          finishedAt: now(),
          result: result === undefined ? null : JSON.stringify(result),
          errorCode: null,
          errorReason: null,
          ...NO_LEASE,
        })
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },
    async fail(
      jobId: number,
      owner: string,
      { code, reason, retryInMs }: { code: string; reason: string; retryInMs?: number },
    ) {
      const time = now();
      const row = await ownedBy(jobId, owner)
        .set((eb) => {
          const isLast = retryInMs === undefined ? eb.lit(true) : eb("attempts", ">=", eb.ref("maxAttempts"));
          const choose = <T>(last: T, again: T) => eb.case().when(isLast).then(last).else(again).end();
          return {
            state: choose<JobState>("failed", "queued"),
            finishedAt: choose<number | null>(time, null),
            runAfter: time + (retryInMs ?? 0),
            errorCode: code,
            errorReason: reason,
            ...NO_LEASE,
          };
        })
        .returning("state")
        .executeTakeFirst();
      return row?.state;
    },
    async release(owner: string) {
      const { numUpdatedRows } = await writes
        .updateTable("jobs")
        .set((eb) => ({ state: "queued", attempts: eb("attempts", "-", 1), startedAt: null, ...NO_LEASE }))
        .where("state", "=", "running")
        .where("leaseOwner", "=", owner)
        .executeTakeFirstOrThrow();
      return Number(numUpdatedRows);
    },
    async reclaimExpired({ all = false }: { readonly all?: boolean } = {}) {
      const time = now();
      const { numUpdatedRows } = await writes
        .updateTable("jobs")
        .set((eb) => {
          const isLast = eb("attempts", ">=", eb.ref("maxAttempts"));
          return {
            state: eb.case().when(isLast).then<JobState>("failed").else<JobState>("queued").end(),
            finishedAt: eb.case().when(isLast).then<number | null>(time).else(null).end(),
            ...LEASE_EXPIRED,
            ...NO_LEASE,
          };
        })
        .where("state", "=", "running")
        .$if(!all, (query) => query.where("leaseUntil", "<", time))
        .executeTakeFirstOrThrow();
      return Number(numUpdatedRows);
    },
  };
}
