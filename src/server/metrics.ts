import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { JobOverview } from "../engine/jobs/job-overview.ts";
import type { ApiServer } from "./api-server.ts";

/** Bounds of the request histogram, seconds: from a cached thumbnail to a search that is far too slow. */
const REQUEST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Metrics of the process (event-loop delay included), of each route and of the queues. */
export function createMetrics(server: ApiServer, jobs: JobOverview): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: "keepsight_http_request_seconds",
    help: "Time to answer a request",
    labelNames: ["method", "route", "status"],
    buckets: REQUEST_BUCKETS,
    registers: [registry],
  });
  server.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "none";
    requests.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
  });
  const queue = new Gauge({
    name: "keepsight_jobs",
    help: "Jobs by kind and state",
    labelNames: ["kind", "state"],
    registers: [registry],
    async collect() {
      for (const state of await jobs.queues()) {
        queue.set({ kind: state.kind, state: "queued" }, state.queued);
        queue.set({ kind: state.kind, state: "running" }, state.running);
        queue.set({ kind: state.kind, state: "failed" }, state.failed);
      }
    },
  });
  return registry;
}
