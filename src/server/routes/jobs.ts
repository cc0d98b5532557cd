import { z } from "zod";
import { IdParams } from "../../api/common.ts";
import { Job, JobListQuery, JobPage, QueueParams } from "../../api/system.ts";
import type { JobOverview, QueueState } from "../../engine/jobs/job-overview.ts";
import type { ApiServer } from "../api-server.ts";
import { toJob } from "../present.ts";

/** A queue as the API shows it. */
export function toQueue(state: QueueState) {
  return { ...state, ratePerSecond: state.ratePerSecond ?? null, etaSeconds: state.etaSeconds ?? null };
}

/** Background work: what runs, what failed and why, and the hand on it. */
export function addJobRoutes(server: ApiServer, jobs: JobOverview): void {
  server.get(
    "/jobs",
    {
      schema: {
        tags: ["jobs"],
        summary: "Queues and jobs",
        querystring: JobListQuery,
        response: { 200: JobPage },
      },
    },
    async ({ query: { page, pageSize, state, kind } }) => {
      const filter = {
        ...(state === undefined ? {} : { states: [state] }),
        ...(kind === undefined ? {} : { kinds: [kind] }),
      };
      const [queues, { items, total }] = await Promise.all([
        jobs.queues(),
        jobs.list(filter, { limit: pageSize, offset: (page - 1) * pageSize }),
      ]);
      return { items: items.map(toJob), total, page, pageSize, queues: queues.map(toQueue) };
    },
  );

  server.get(
    "/jobs/:id",
    { schema: { tags: ["jobs"], summary: "One job", params: IdParams, response: { 200: Job } } },
    async ({ params }) => toJob(await jobs.get(params.id)),
  );

  server.post(
    "/jobs/:id/retry",
    {
      schema: { tags: ["jobs"], summary: "Try a failed job again", params: IdParams, response: { 200: Job } },
    },
    async ({ params }) => {
      await jobs.retry(params.id);
      return toJob(await jobs.get(params.id));
    },
  );

  server.post(
    "/jobs/:id/cancel",
    { schema: { tags: ["jobs"], summary: "Cancel a job", params: IdParams, response: { 200: Job } } },
    async ({ params }) => {
      await jobs.cancel(params.id);
      return toJob(await jobs.get(params.id));
    },
  );

  server.post(
    "/queues/:kind/retry-failed",
    {
      schema: {
        tags: ["jobs"],
        summary: "Try all failed jobs of a queue again",
        params: QueueParams,
        response: { 200: z.object({ retried: z.number().int() }) },
      },
    },
    async ({ params }) => ({ retried: await jobs.retryFailed(params.kind) }),
  );

  for (const [action, summary] of [
    ["pause", "Let no further job of a queue begin"],
    ["resume", "Go on with a paused queue"],
  ] as const) {
    server.post(
      `/queues/:kind/${action}`,
      { schema: { tags: ["jobs"], summary, params: QueueParams, response: { 204: z.null() } } },
      async ({ params }, reply) => {
        await jobs[action](params.kind);
        return reply.code(204).send(null);
      },
    );
  }
}
