import type { Database } from "../database.ts";
import { NO_LEASE } from "./job.ts";

/** What a person does with jobs. */
export function createUserSide({ writes, reads }: Database, now: () => number) {
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
