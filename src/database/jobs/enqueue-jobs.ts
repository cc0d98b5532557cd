import type { Insertable, Transaction } from "kysely";
import type { JobsTable, Schema } from "../schema.ts";
import { valueList } from "../sqlite/value-list.ts";
import type { NewJob } from "./job.ts";

/** Enough for a failure that passes by itself (a model server restarting), few enough not to waste hours on a bad file. */
const DEFAULT_MAX_ATTEMPTS = 5;
/** Rows of one insert statement: well below SQLite's limit of 32,766 parameters. */
const INSERT_ROWS = 1000;
/** Marks the key of a job that follows another of the same key. */
const FOLLOWING = " again";

/** Ids of these jobs in the order given; `isNew` false where a queued or running job with the same key stands in. */
export async function enqueueJobs(transaction: Transaction<Schema>, jobs: readonly NewJob[], now: number) {
  const answers: { id: number; isNew: boolean }[] = [];
  for (let start = 0; start < jobs.length; start += INSERT_ROWS) {
    const rows = await toRows(transaction, jobs.slice(start, start + INSERT_ROWS), now);
    answers.push(...(await insertRows(transaction, rows)));
  }
  return answers;
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

async function insertRows(transaction: Transaction<Schema>, rows: readonly Insertable<JobsTable>[]) {
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
