import { JobAccepted } from "../../api/common.ts";
import {
  BackupList,
  BackupRequest,
  MaintenanceQuery,
  MaintenanceStatus,
  Orphans,
  OrphansRequest,
  RunMaintenanceRequest,
} from "../../api/maintenance.ts";
import { withoutUndefined } from "../../core/without-undefined.ts";
import type { Maintenance } from "../../engine/maintenance/maintenance.ts";
import type { ApiServer } from "../api-server.ts";

const tags = ["maintenance"];

type Status = Awaited<ReturnType<Maintenance["status"]>>;
type Run = Status["history"]["items"][number];

const toIso = (epochMs: number) => new Date(epochMs).toISOString();

function toRun({ startedAt, finishedAt, details, ...run }: Run) {
  return {
    ...run,
    details: { ...details },
    startedAt: toIso(startedAt),
    finishedAt: finishedAt === undefined ? null : toIso(finishedAt),
    durationMs: finishedAt === undefined ? null : finishedAt - startedAt,
  };
}

/** What keeps the library in order: the schedule, its history, orphans, backups. */
export function addMaintenanceRoutes(server: ApiServer, maintenance: Maintenance): void {
  server.get(
    "/maintenance/status",
    {
      schema: {
        tags,
        summary: "The schedule, what each task did last, and the history",
        querystring: MaintenanceQuery,
        response: { 200: MaintenanceStatus },
      },
    },
    async ({ query: { page, pageSize, task } }) => {
      const range = { limit: pageSize, offset: (page - 1) * pageSize };
      const status = await maintenance.status({ ...range, ...withoutUndefined({ task }) });
      return {
        nightlyHour: status.nightlyHour,
        nextRunAt: status.nextRunAt.toISOString(),
        isRunning: status.isRunning,
        tasks: status.tasks.map(({ lastRun, ...one }) => ({
          ...one,
          lastRun: lastRun === undefined ? null : toRun(lastRun),
        })),
        history: { items: status.history.items.map(toRun), total: status.history.total, page, pageSize },
      };
    },
  );

  server.post(
    "/maintenance/run",
    {
      schema: {
        tags,
        summary: "Do what a night does now, or some of it",
        body: RunMaintenanceRequest,
        response: { 202: JobAccepted },
      },
    },
    async ({ body }, reply) =>
      reply.code(202).send({ jobId: await maintenance.queue(withoutUndefined(body)) }),
  );

  server.post(
    "/maintenance/orphans",
    {
      schema: {
        tags,
        summary: "Find what lost its other half, and put it right if asked to",
        description: "Nothing that a human decided, and no original, is ever removed.",
        body: OrphansRequest,
        response: { 200: Orphans },
      },
    },
    async ({ body: { fix } }) => {
      const found = await maintenance.findOrphans(fix, new AbortController().signal);
      return {
        items: found.map(({ examples, ...one }) => ({ ...one, examples: [...examples] })),
        total: found.reduce((sum, { count }) => sum + count, 0),
        fixed: found.reduce((sum, one) => sum + one.fixed, 0),
      };
    },
  );

  server.post(
    "/maintenance/backup",
    {
      schema: {
        tags,
        summary: "Write a backup of the library, which goes on running",
        description:
          "`keepsight backup --to DIR` writes one elsewhere, `keepsight restore DIR` brings one back.",
        body: BackupRequest,
        response: { 202: JobAccepted },
      },
    },
    async ({ body }, reply) =>
      reply.code(202).send({ jobId: await maintenance.queueBackup(withoutUndefined(body)) }),
  );

  server.get(
    "/maintenance/backups",
    {
      schema: {
        tags,
        summary: "Backups in the library's own place, newest first",
        response: { 200: BackupList },
      },
    },
    async () => {
      const { directory, items } = await maintenance.backups();
      return { directory, items: [...items] };
    },
  );
}
