import { ALBUM_SPACES } from "../../core/album-space.ts";
import { KeepsightError, toKeepsightError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import {
  MAINTENANCE_TASKS,
  type MaintenanceTask,
  type MaintenanceTrigger,
} from "../../core/maintenance-task.ts";
import type { JobStore } from "../../database/jobs/job-store.ts";
import type {
  MaintenanceOutcome,
  MaintenanceRun,
  MaintenanceStore,
} from "../../database/maintenance-store.ts";
import type { Optimised } from "../../database/sqlite/optimise-database.ts";
import type { AutoAlbums } from "../albums/auto-albums.ts";
import { type Backup, type BackupOptions, listBackups } from "../backup/back-up.ts";
import type { JobContext, JobHandler } from "../jobs/job-runner.ts";
import type { Round } from "../people/people-upkeep.ts";
import type { Orphans } from "./find-orphans.ts";
import { nextTimeAt } from "./next-time-at.ts";

/** Kinds of jobs: tasks that somebody asked for, those of a night, and a backup. */
export const MAINTENANCE_JOB = "maintenance.run";
export const NIGHTLY_JOB = "maintenance.nightly";
export const BACKUP_JOB = "maintenance.backup";

/** What a night does, and how it is called. */
const WORDS: Readonly<Record<MaintenanceTask, readonly [title: string, description: string]>> = {
  people: ["People", "Finds who is in new photos, and groups the faces that nobody has named"],
  centroids: ["What people look like", "Learns it anew of everybody who has a name"],
  albums: ["Albums", "Puts photos that look alike together anew, where photos came or went"],
  retry: ["Second attempts", "Tries again what failed"],
  grades: [
    "Grades",
    "Measures how well search and people work, by the names, tags and examples you confirmed",
  ],
  orphans: [
    "Leftovers",
    "Looks for previews, faces and records that belong to no photo, and puts them right",
  ],
  optimise: ["Tidying up", "Keeps the database and the search of words fast"],
  backup: ["Backup", "Writes a backup of the library, and removes the oldest"],
};

interface RunPayload {
  readonly tasks?: readonly MaintenanceTask[];
  readonly fix?: boolean;
}

/** What a backup by the server is asked for. */
export interface BackupRequest {
  readonly keep?: number;
  readonly withDerivatives?: boolean;
}

export interface MaintenanceOptions {
  readonly store: MaintenanceStore;
  readonly jobs: JobStore;
  readonly auto: Pick<AutoAlbums, "rebalance">;
  readonly runPeopleRound: (signal: AbortSignal) => Promise<Round>;
  /** Undefined while no recogniser is installed. */
  readonly computeCentroids: () => Promise<
    { readonly persons: number; readonly centroids: number } | undefined
  >;
  readonly backfill: () => Promise<number>;
  /** Measures how well the library does by what its user confirmed; gives the labels of each subject. */
  readonly grade: (signal: AbortSignal) => Promise<Readonly<Record<string, number>>>;
  readonly findOrphans: (fix: boolean, signal: AbortSignal) => Promise<readonly Orphans[]>;
  readonly optimise: () => Promise<Optimised>;
  readonly backUp: (
    options: Pick<BackupOptions, "keep" | "withDerivatives"> & { readonly signal: AbortSignal },
  ) => Promise<Backup>;
  readonly backupDirectory: string;
  readonly keepBackups: number;
  /** Local time, 0–23. */
  readonly nightlyHour: number;
  readonly notify: () => void;
  readonly logger: Logger;
}

/** What keeps a library in order by itself, and the hand on it. */
export interface Maintenance {
  /** Queues tasks (what a night does, unless some are named) and gives the job. */
  queue(payload: RunPayload): Promise<number>;
  queueBackup(request: BackupRequest): Promise<number>;
  status(options: {
    readonly task?: MaintenanceTask;
    readonly limit: number;
    readonly offset: number;
  }): Promise<{
    readonly nightlyHour: number;
    readonly nextRunAt: Date;
    readonly isRunning: boolean;
    readonly tasks: readonly {
      readonly task: MaintenanceTask;
      readonly title: string;
      readonly description: string;
      readonly lastRun?: MaintenanceRun;
    }[];
    readonly history: { readonly items: readonly MaintenanceRun[]; readonly total: number };
  }>;
  findOrphans: MaintenanceOptions["findOrphans"];
  backups(): Promise<{ readonly directory: string; readonly items: readonly Backup[] }>;
  /** Plans the next night. */
  start(): Promise<void>;
  readonly handlers: Readonly<Record<string, JobHandler>>;
}

type TaskOutcome = MaintenanceOutcome;

const done = (summary: string, details: object): TaskOutcome => ({
  state: "done",
  summary,
  details: { ...details },
});
const skipped = (summary: string): TaskOutcome => ({ state: "skipped", summary, details: {} });

export function createMaintenance(options: MaintenanceOptions): Maintenance {
  const { store, jobs, logger } = options;

  const tasks: Readonly<
    Record<MaintenanceTask, (fix: boolean, context: JobContext) => Promise<TaskOutcome>>
  > = {
    async people(_, { signal }) {
      const round = await options.runPeopleRound(signal);
      if (round.isSkipped) return skipped(round.reason);
      const { recognised, clustersFound, joined } = round;
      return done(`Recognised ${recognised} faces and found ${clustersFound} groups`, {
        recognised,
        clustersFound,
        joined,
      });
    },
    async centroids() {
      const computed = await options.computeCentroids();
      if (computed === undefined) return skipped("No face recogniser is installed.");
      return done(`Computed the mean faces of ${computed.persons} persons`, computed);
    },
    async grades(_, { signal }) {
      const labels = await options.grade(signal);
      const total = Object.values(labels).reduce((sum, count) => sum + count, 0);
      if (total === 0) return skipped("Nothing was confirmed that could be measured.");
      return done(`Measured ${total} confirmed names, tags and examples`, labels);
    },
    async albums(_, context) {
      const reasons: string[] = [];
      const details: Record<string, unknown> = {};
      for (const space of ALBUM_SPACES) {
        const training = await options.auto.rebalance(space, { ...context, setProgress: async () => {} });
        details[space] = training;
        if (training.isSkipped) reasons.push(`${space}: ${training.reason}`);
      }
      if (reasons.length === ALBUM_SPACES.length) return { ...skipped(reasons.join(" ")), details };
      const trained = ALBUM_SPACES.filter(
        (space) => !reasons.some((reason) => reason.startsWith(`${space}:`)),
      );
      return done(`Computed the albums of ${trained.join(", ")} anew`, details);
    },
    async retry() {
      const retried = await jobs.retryFailed();
      const queued = await options.backfill();
      if (retried + queued === 0) return skipped("Nothing has failed.");
      return done(`Queued ${retried} failed jobs and ${queued} photos again`, { retried, queued });
    },
    async orphans(fix, { signal }) {
      const found = await options.findOrphans(fix, signal);
      const total = found.reduce((sum, { count }) => sum + count, 0);
      const fixed = found.reduce((sum, one) => sum + one.fixed, 0);
      const kinds = Object.fromEntries(found.map(({ kind, count }) => [kind, count]));
      if (total === 0) return done("Found nothing that lost its other half", { total, fixed });
      return done(`Found ${total} orphans and put ${fixed} right`, { total, fixed, kinds });
    },
    async optimise() {
      const optimised = await options.optimise();
      const what = optimised.wasCompacted ? "Tidied and compacted the database" : "Tidied the database";
      return done(what, optimised);
    },
    async backup(_, { signal }) {
      const { name, path, byteSize, photos } = await options.backUp({
        keep: options.keepBackups,
        withDerivatives: false,
        signal,
      });
      return done(`Wrote ${name}`, { path, byteSize, photos });
    },
  };

  async function runTask(
    task: MaintenanceTask,
    trigger: MaintenanceTrigger,
    work: (context: JobContext) => Promise<TaskOutcome>,
    context: JobContext,
  ): Promise<TaskOutcome> {
    const runId = await store.begin(task, trigger);
    let outcome: TaskOutcome;
    try {
      outcome = await work(context);
    } catch (thrown) {
      const { message } = toKeepsightError(thrown);
      const summary = context.signal.aborted ? "It was stopped before it was done." : message;
      await store.finish(runId, { state: "failed", summary, details: {} });
      throw thrown;
    }
    await store.finish(runId, outcome);
    logger.info({ task, ...outcome }, "maintenance");
    return outcome;
  }

  /** All of them, whatever becomes of one; throws what the first that failed threw. */
  async function runTasks(
    { tasks: wanted = MAINTENANCE_TASKS, fix = true }: RunPayload,
    trigger: MaintenanceTrigger,
    context: JobContext,
  ) {
    let failure: unknown;
    const outcomes: Partial<Record<MaintenanceTask, TaskOutcome>> = {};
    for (const [i, task] of MAINTENANCE_TASKS.filter((one) => wanted.includes(one)).entries()) {
      context.signal.throwIfAborted();
      await context.setProgress(i, wanted.length);
      try {
        outcomes[task] = await runTask(task, trigger, (inner) => tasks[task](fix, inner), context);
      } catch (thrown) {
        context.signal.throwIfAborted();
        failure ??= thrown;
      }
    }
    // One more attempt would do everything again that was done: each task has its own entry in the history.
    if (failure !== undefined)
      throw new KeepsightError("conflict", `Not all was done: ${toKeepsightError(failure).message}`, {
        cause: failure,
      });
    return outcomes;
  }

  async function enqueue(kind: string, payload: object, runAfter = Date.now()): Promise<number> {
    const [job] = await jobs.enqueue([{ kind, payload, dedupeKey: JSON.stringify(payload), runAfter }]);
    options.notify();
    return job!.id;
  }

  async function planNight(): Promise<void> {
    const next = nextTimeAt(options.nightlyHour, new Date());
    await enqueue(NIGHTLY_JOB, { due: next.toISOString() }, next.getTime());
  }

  return {
    queue: (payload) => enqueue(MAINTENANCE_JOB, payload),
    queueBackup: (request) => enqueue(BACKUP_JOB, request),
    findOrphans: options.findOrphans,
    backups: async () => ({
      directory: options.backupDirectory,
      items: await listBackups(options.backupDirectory),
    }),
    async status({ task, limit, offset }) {
      const [last, history] = await Promise.all([
        store.last(),
        store.list({ limit, offset, ...(task === undefined ? {} : { task }) }),
      ]);
      return {
        nightlyHour: options.nightlyHour,
        nextRunAt: nextTimeAt(options.nightlyHour, new Date()),
        isRunning: [...last.values()].some(({ state }) => state === "running"),
        tasks: MAINTENANCE_TASKS.map((one) => {
          const lastRun = last.get(one);
          const [title, description] = WORDS[one];
          return { task: one, title, description, ...(lastRun === undefined ? {} : { lastRun }) };
        }),
        history,
      };
    },
    async start() {
      await store.endAbandoned();
      await planNight();
    },
    handlers: {
      [MAINTENANCE_JOB]: {
        concurrency: 1,
        run: ({ payload }, context) => runTasks(payload as RunPayload, "request", context),
      },
      [NIGHTLY_JOB]: {
        concurrency: 1,
        async run(_, context) {
          await planNight();
          return runTasks({}, "schedule", context);
        },
      },
      [BACKUP_JOB]: {
        concurrency: 1,
        async run({ payload }, context) {
          const { keep = options.keepBackups, withDerivatives = false } = payload as BackupRequest;
          const work = async ({ signal }: JobContext) => {
            const { name, path, byteSize, photos } = await options.backUp({ keep, withDerivatives, signal });
            return done(`Wrote ${name}`, { path, byteSize, photos });
          };
          return { backup: await runTask("backup", "request", work, context) };
        },
      },
    },
  };
}
