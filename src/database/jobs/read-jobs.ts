import type { Database } from "../database.ts";
import { findDueKinds } from "../sqlite/claim-jobs.ts";
import { valueList } from "../sqlite/value-list.ts";
import { type JobFilter, toJob } from "./job.ts";

/** What is known of jobs. */
export function createReadSide({ reads }: Database, now: () => number) {
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
