import { type Selectable, sql } from "kysely";
import type { MaintenanceTask, MaintenanceTrigger } from "../core/maintenance-task.ts";
import type { Database } from "./database.ts";
import type { MaintenanceRunsTable } from "./schema.ts";

/** Runs of each task that are remembered: more than a year of nights. */
const KEPT_RUNS = 400;

/** One task, done once. Times are epoch milliseconds. */
export interface MaintenanceRun {
  readonly id: number;
  readonly task: MaintenanceTask;
  readonly trigger: MaintenanceTrigger;
  readonly state: MaintenanceRunsTable["state"];
  /** What it did, or why it did nothing, in words. */
  readonly summary: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly startedAt: number;
  readonly finishedAt?: number;
}

/** How a run ended. */
export type MaintenanceOutcome = Pick<MaintenanceRun, "summary" | "details"> & {
  readonly state: Exclude<MaintenanceRun["state"], "running">;
};

/** The history of maintenance. */
export interface MaintenanceStore {
  begin(task: MaintenanceTask, trigger: MaintenanceTrigger): Promise<number>;
  finish(runId: number, outcome: MaintenanceOutcome): Promise<void>;
  /** Ends runs that a killed process left behind. */
  endAbandoned(): Promise<void>;
  /** Newest first. */
  list(options: {
    readonly task?: MaintenanceTask;
    readonly limit: number;
    readonly offset: number;
  }): Promise<{ readonly items: readonly MaintenanceRun[]; readonly total: number }>;
  /** The last run of each task. */
  last(): Promise<ReadonlyMap<MaintenanceTask, MaintenanceRun>>;
}

function toRun({ details, finishedAt, ...row }: Selectable<MaintenanceRunsTable>): MaintenanceRun {
  return {
    ...row,
    details: JSON.parse(details) as Record<string, unknown>,
    ...(finishedAt === null ? {} : { finishedAt }),
  };
}

/** The history of maintenance in this database. */
export function createMaintenanceStore({ database }: { readonly database: Database }): MaintenanceStore {
  const { reads, writes } = database;
  return {
    async begin(task, trigger) {
      await sql`
        delete from maintenance_runs where task = ${task} and id not in (
          select id from maintenance_runs where task = ${task} order by id desc limit ${KEPT_RUNS - 1})
      `.execute(writes);
      const { id } = await writes
        .insertInto("maintenanceRuns")
        .values({ task, trigger, state: "running", summary: "", details: "{}", startedAt: Date.now() })
        .returning("id")
        .executeTakeFirstOrThrow();
      return id;
    },
    async finish(runId, { state, summary, details }) {
      await writes
        .updateTable("maintenanceRuns")
        .set({ state, summary, details: JSON.stringify(details), finishedAt: Date.now() })
        .where("id", "=", runId)
        .execute();
    },
    async endAbandoned() {
      await writes
        .updateTable("maintenanceRuns")
        .set({ state: "failed", summary: "Keepsight was ended before it was done.", finishedAt: Date.now() })
        .where("state", "=", "running")
        .execute();
    },
    async list({ task, limit, offset }) {
      const matching = reads
        .selectFrom("maintenanceRuns")
        .$if(task !== undefined, (query) => query.where("task", "=", task ?? "people"));
      const [rows, { count }] = await Promise.all([
        matching.selectAll().orderBy("id", "desc").limit(limit).offset(offset).execute(),
        matching.select((eb) => eb.fn.countAll<number>().as("count")).executeTakeFirstOrThrow(),
      ]);
      return { items: rows.map(toRun), total: count };
    },
    async last() {
      const rows = await reads
        .selectFrom("maintenanceRuns")
        .selectAll()
        .where("id", "in", (eb) =>
          eb
            .selectFrom("maintenanceRuns")
            .select((inner) => inner.fn.max("id").as("id"))
            .groupBy("task"),
        )
        .execute();
      return new Map(rows.map((row) => [row.task, toRun(row)]));
    },
  };
}
