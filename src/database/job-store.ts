import type { Insertable, Selectable, Transaction } from "kysely";
import type { JobState } from "../core/job-state.ts";
import type { Database } from "./database.ts";
import type { JobsTable, Schema } from "./schema.ts";
import { claimJobs, findDueKinds } from "./sqlite/claim-jobs.ts";
import { valueList } from "./sqlite/value-list.ts";
import { withoutNulls } from "./without-nulls.ts";

/** Enough for a failure that passes by itself (a model server restarting), few enough not to waste hours on a bad file. */
const DEFAULT_MAX_ATTEMPTS = 5;
/** Rows of one insert statement: well below SQLite's limit of 32,766 parameters. */
const INSERT_ROWS = 1000;
/** Marks the key of a job that follows another of the same key. */
const FOLLOWING = " again";
const LEASE_EXPIRED = {
  errorCode: "analyser_crashed",
  errorReason: "Whoever worked on it went away without a word.",
} as const;
const NO_LEASE = { leaseOwner: null, leaseUntil: null } as const;

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

function toJob(row: Selectable<JobsTable>): Job {
  const { result, ...rest } = withoutNulls(row);
  return {
    ...rest,
    payload: JSON.parse(row.payload) as unknown,
    ...(result === undefined ? {} : { result: JSON.parse(result) as unknown }),
  };
}

function toRow(job: NewJob, now: number): Insertable<JobsTable> {
  return {
    kind: job.kind,
    dedupeKey: job.dedupeKey ?? null,
    photoId: job.photoId,
    payload: JSON.stringify(job.payload ?? null),
    priority: job.priority ?? 0,
    maxAttempts: job.maxAttempts ?? DEFAULT_MAX_ATTEMPTS,
    // Not the time of day: clocks are set back.
    runAfter: job.runAfter ?? 0,
    createdAt: now,
  };
}

const toKey = (kind: string, dedupeKey: string) => JSON.stringify([kind, dedupeKey]);

/** Ids of queued and running jobs with these keys. */
async function findTwins(transaction: Transaction<Schema>, rows: readonly Insertable<JobsTable>[]) {
  const keys = rows.flatMap(({ dedupeKey }) => dedupeKey ?? []);
  const twins = await transaction
    .selectFrom("jobs")
    .select(["id", "kind", "dedupeKey"])
    .where("dedupeKey", "in", valueList(keys))
    .where("state", "in", ["queued", "running"])
    .execute();
  return new Map(twins.map(({ id, kind, dedupeKey }) => [toKey(kind, dedupeKey ?? ""), id]));
}

/** The keys of jobs that are running now, of these kinds. */
async function findRunningKeys(transaction: Transaction<Schema>, kinds: readonly string[]) {
  if (kinds.length === 0) return new Set<string>();
  const running = await transaction
    .selectFrom("jobs")
    .select(["kind", "dedupeKey"])
    .where("state", "=", "running")
    .where("kind", "in", valueList(kinds))
    .execute();
  return new Set(running.map(({ kind, dedupeKey }) => toKey(kind, dedupeKey ?? "")));
}

/** The rows of these jobs; one that has to follow a running twin gets a key under which nothing runs. */
async function toRows(transaction: Transaction<Schema>, jobs: readonly NewJob[], now: number) {
  const following = jobs.filter(({ followsRunning }) => followsRunning);
  const running = await findRunningKeys(transaction, [...new Set(following.map(({ kind }) => kind))]);
  return jobs.map((job) => {
    let { dedupeKey } = job;
    if (job.followsRunning && dedupeKey !== undefined)
      while (running.has(toKey(job.kind, dedupeKey))) dedupeKey += FOLLOWING;
    return toRow(dedupeKey === undefined ? job : { ...job, dedupeKey }, now);
  });
}

async function insertJobs(transaction: Transaction<Schema>, rows: readonly Insertable<JobsTable>[]) {
  const inserted = await transaction
    .insertInto("jobs")
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .returning(["id", "dedupeKey"])
    .execute();
  const newIds = new Set(inserted.map(({ id }) => id));
  // Ids go up in the order of insertion, so those without a key can be told apart by it.
  const keyless = inserted.filter(({ dedupeKey }) => dedupeKey === null).map(({ id }) => id);
  keyless.sort((a, b) => b - a);
  const twins = await findTwins(transaction, rows);
  return rows.map(({ kind, dedupeKey }) => {
    const id = (typeof dedupeKey === "string" ? twins.get(toKey(kind, dedupeKey)) : keyless.pop()) as number;
    return { id, isNew: newIds.delete(id) };
  });
}

/** How a job enters, is worked on and leaves; `owner` guards every change of a running one. */
function createWorkerSide({ writes }: Database, now: () => number) {
  const ownedBy = (jobId: number, owner: string) =>
    writes
      .updateTable("jobs")
      .where("id", "=", jobId)
      .where("state", "=", "running")
      .where("leaseOwner", "=", owner);
  async function enqueueIn(transaction: Transaction<Schema>, jobs: readonly NewJob[]) {
    const answers: { id: number; isNew: boolean }[] = [];
    for (let start = 0; start < jobs.length; start += INSERT_ROWS) {
      const rows = await toRows(transaction, jobs.slice(start, start + INSERT_ROWS), now());
      answers.push(...(await insertJobs(transaction, rows)));
    }
    return answers;
  }

  return {
    enqueue: (jobs: readonly NewJob[]) =>
      writes.transaction().execute((transaction) => enqueueIn(transaction, jobs)),
    enqueueIn,
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

/** What a person does with jobs. */
function createUserSide({ writes, reads }: Database, now: () => number) {
  const queueAgain = () =>
    writes
      .updateTable("jobs")
      .set({ state: "queued", attempts: 0, runAfter: now(), startedAt: null, finishedAt: null, ...NO_LEASE })
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom("jobs as twin")
              .select("twin.id")
              .whereRef("twin.kind", "=", "jobs.kind")
              .whereRef("twin.dedupeKey", "=", "jobs.dedupeKey")
              .whereRef("twin.id", "!=", "jobs.id")
              .where("twin.state", "in", ["queued", "running"]),
          ),
        ),
      );
  return {
    async cancel(jobId: number) {
      const { numUpdatedRows } = await writes
        .updateTable("jobs")
        .set({ state: "cancelled", finishedAt: now(), ...NO_LEASE })
        .where("id", "=", jobId)
        .where("state", "in", ["queued", "running"])
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },
    async retry(jobId: number) {
      const { numUpdatedRows } = await queueAgain()
        .where("id", "=", jobId)
        .where("state", "in", ["failed", "cancelled"])
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },
    async retryFailed(kind?: string) {
      // Of several failed jobs with one key only the newest may come back: two would break the rule of no twins.
      const newest = writes
        .selectFrom("jobs as failed")
        .select((eb) => eb.fn.max("failed.id").as("id"))
        .where("failed.state", "=", "failed")
        .groupBy((eb) => [
          "failed.kind",
          eb.fn.coalesce("failed.dedupeKey", eb.cast<string>("failed.id", "text")),
        ]);
      const { numUpdatedRows } = await queueAgain()
        .where("id", "in", newest)
        .$if(kind !== undefined, (query) => query.where("kind", "=", kind ?? ""))
        .executeTakeFirstOrThrow();
      return Number(numUpdatedRows);
    },
    async pause(kind: string) {
      await writes
        .insertInto("queuePauses")
        .values({ kind, pausedAt: now() })
        .onConflict((conflict) => conflict.column("kind").doNothing())
        .execute();
    },
    async resume(kind: string) {
      await writes.deleteFrom("queuePauses").where("kind", "=", kind).execute();
    },
    async pausedKinds() {
      const rows = await reads.selectFrom("queuePauses").select("kind").orderBy("kind").execute();
      return rows.map(({ kind }) => kind);
    },
    async purge(finishedBefore: number) {
      const { numDeletedRows } = await writes
        .deleteFrom("jobs")
        .where("state", "in", ["succeeded", "cancelled"])
        .where("finishedAt", "<", finishedBefore)
        .executeTakeFirstOrThrow();
      return Number(numDeletedRows);
    },
  };
}

/** What is known of jobs. */
function createReadSide({ reads }: Database, now: () => number) {
  const matching = ({ kinds, states, photoId }: JobFilter) =>
    reads
      .selectFrom("jobs")
      .$if(kinds !== undefined, (query) => query.where("kind", "in", valueList(kinds ?? [])))
      .$if(states !== undefined, (query) => query.where("state", "in", valueList(states ?? [])))
      .$if(photoId !== undefined, (query) => query.where("photoId", "=", photoId ?? 0));
  return {
    findDueKinds: (kinds: readonly string[]) => findDueKinds(reads, kinds, now()),
    async get(jobId: number) {
      const row = await reads.selectFrom("jobs").selectAll().where("id", "=", jobId).executeTakeFirst();
      return row && toJob(row);
    },
    async list(filter: JobFilter, { limit, offset }: { limit: number; offset: number }) {
      const rows = await matching(filter)
        .selectAll()
        .orderBy("id", "desc")
        .limit(limit)
        .offset(offset)
        .execute();
      return rows.map(toJob);
    },
    async count(filter: JobFilter) {
      const { count } = await matching(filter)
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .executeTakeFirstOrThrow();
      return count;
    },
    counts: () =>
      reads
        .selectFrom("jobs")
        .select((eb) => ["kind", "state", eb.fn.countAll<number>().as("count")])
        .groupBy(["kind", "state"])
        .orderBy("kind")
        .execute(),
    async throughput(windowMs: number) {
      const time = now();
      const rows = await reads
        .selectFrom("jobs")
        .select((eb) => [
          "kind",
          eb.fn.countAll<number>().as("finished"),
          eb.fn.min<number | null>("startedAt").as("firstStartedAt"),
        ])
        .where("state", "in", ["succeeded", "failed"])
        .where("finishedAt", ">", time - windowMs)
        .groupBy("kind")
        .execute();
      return rows.map(({ kind, finished, firstStartedAt }) => {
        const elapsedMs = Math.min(windowMs, time - (firstStartedAt ?? time - windowMs));
        return { kind, finished, perSecond: (finished * 1000) / Math.max(1, elapsedMs) };
      });
    },
  };
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
