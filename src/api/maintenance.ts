import { z } from "zod";
import { MAINTENANCE_TASKS, MAINTENANCE_TRIGGERS } from "../core/maintenance-task.ts";
import { optionalBody, PageQuery, pageOf } from "./common.ts";

/** What keeps a library in order. */
export const MaintenanceTask = z.enum(MAINTENANCE_TASKS).meta({ id: "MaintenanceTask" });
export type MaintenanceTask = z.infer<typeof MaintenanceTask>;

/** One task, done once. */
export const MaintenanceRun = z
  .object({
    id: z.number().int(),
    task: MaintenanceTask,
    trigger: z.enum(MAINTENANCE_TRIGGERS),
    state: z.enum(["running", "done", "skipped", "failed"]),
    summary: z.string().describe("What it did, or why it did nothing, in words"),
    details: z.record(z.string(), z.unknown()).describe("The same in numbers"),
    startedAt: z.string(),
    finishedAt: z.string().nullable(),
    durationMs: z.number().nullable(),
  })
  .meta({ id: "MaintenanceRun" });
export type MaintenanceRun = z.infer<typeof MaintenanceRun>;

/** Query of `GET /maintenance/status`: which page of the history. */
export const MaintenanceQuery = PageQuery.extend({
  task: MaintenanceTask.optional().describe("Only this task's history"),
});
/** The schedule, what each task did last, and the history. */
export const MaintenanceStatus = z
  .object({
    nightlyHour: z.number().int().describe("Local time; KEEPSIGHT_NIGHTLY_HOUR sets it"),
    nextRunAt: z.string(),
    isRunning: z.boolean(),
    tasks: z.array(
      z.object({
        task: MaintenanceTask,
        title: z.string(),
        description: z.string(),
        lastRun: MaintenanceRun.nullable(),
      }),
    ),
    history: pageOf(MaintenanceRun).describe("Newest first"),
  })
  .meta({ id: "MaintenanceStatus" });
export type MaintenanceStatus = z.infer<typeof MaintenanceStatus>;

/** Body of `POST /maintenance/run`. */
export const RunMaintenanceRequest = optionalBody(
  z.object({
    tasks: z.array(MaintenanceTask).min(1).optional().describe("Only these (default: what a night does)"),
    fix: z.boolean().default(true).describe("Whether orphans are removed, or only counted"),
  }),
);

/** What points to nothing, or is pointed to by nothing. */
export const Orphans = z
  .object({
    items: z.array(
      z.object({
        kind: z.string(),
        description: z.string(),
        count: z.number().int(),
        fixed: z.number().int(),
        examples: z.array(z.string()),
      }),
    ),
    total: z.number().int(),
    fixed: z.number().int(),
  })
  .meta({ id: "Orphans" });
export type Orphans = z.infer<typeof Orphans>;
/** Body of `POST /maintenance/orphans`. */
export const OrphansRequest = optionalBody(
  z.object({
    fix: z.boolean().default(false).describe("Remove what can be removed without losing anything"),
  }),
);

/** Body of `POST /maintenance/backup`. */
export const BackupRequest = optionalBody(
  z.object({
    keep: z
      .number()
      .int()
      .min(1)
      .max(1000)
      .optional()
      .describe("Older backups in the same place go (default 7)"),
    withDerivatives: z
      .boolean()
      .default(false)
      .describe("Previews and thumbnails too; they can be made again"),
  }),
);
/** One backup. */
export const Backup = z
  .object({
    name: z.string(),
    path: z.string(),
    createdAt: z.string(),
    byteSize: z.number(),
    photos: z.number().int(),
    decisions: z.number().int(),
    schemaVersion: z.number().int(),
    withDerivatives: z.boolean(),
  })
  .meta({ id: "Backup" });
export type Backup = z.infer<typeof Backup>;
/** Backups in the library's own place, newest first. */
export const BackupList = z
  .object({ directory: z.string(), items: z.array(Backup) })
  .meta({ id: "BackupList" });
export type BackupList = z.infer<typeof BackupList>;
