import { type Kysely, type Selectable, sql } from "kysely";
import type { JobsTable, Schema } from "../schema.ts";

/** No job waits longer than this for its time, milliseconds: one that does was written by a clock that ran ahead. */
const LONGEST_WAIT_MS = 24 * 3_600_000;

/** Which jobs to take, for whom and until when (epoch milliseconds). */
interface Claim {
  readonly kinds: readonly string[];
  readonly owner: string;
  readonly now: number;
  readonly leaseUntil: number;
  readonly limit: number;
}

/** Whether a row of `jobs` may begin at `now`. */
const isDue = (now: number) =>
  sql<boolean>`jobs.state = 'queued' and (run_after <= ${now} or run_after > ${now + LONGEST_WAIT_MS})
    and not exists (select 1 from queue_pauses where queue_pauses.kind = jobs.kind)`;

/** Those of the kinds of which there is a job that may be claimed at `now`. */
export async function findDueKinds(
  reads: Kysely<Schema>,
  kinds: readonly string[],
  now: number,
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ value: string }>`
    select value from json_each(${JSON.stringify(kinds)}) as wanted
    where exists (select 1 from jobs where jobs.kind = wanted.value and ${isDue(now)})
  `.execute(reads);
  return new Set(rows.map(({ value }) => value));
}

/**
 * Takes due jobs of kinds that are not paused, in one statement of the one writer, so that two claimers never take the same
 * job. (PostgreSQL will select `for update skip locked` here.) Each kind is looked up by itself, because its index then
 * gives the best jobs at once, however many wait.
 */
export async function claimJobs(
  writes: Kysely<Schema>,
  { kinds, owner, now, leaseUntil, limit }: Claim,
): Promise<readonly Selectable<JobsTable>[]> {
  if (kinds.length === 0) return [];
  const perKind = kinds.map(
    (kind) => sql`select * from (
      select id, priority from jobs
      where jobs.kind = ${kind} and ${isDue(now)}
      order by priority desc, id limit ${limit})`,
  );
  const { rows } = await sql<Selectable<JobsTable>>`
    update jobs set state = 'running', attempts = attempts + 1, lease_owner = ${owner}, lease_until = ${leaseUntil},
      started_at = ${now}, finished_at = null, progress_done = 0, progress_total = null
    where id in (
      select id from (${sql.join(perKind, sql` union all `)}) order by priority desc, id limit ${limit})
    returning *
  `.execute(writes);
  return rows.toSorted((a, b) => b.priority - a.priority || a.id - b.id);
}
