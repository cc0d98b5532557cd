import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { JobOverview } from "../engine/jobs/job-overview.ts";
import type { Measurements } from "../engine/measurements.ts";
import type { ApiServer } from "./api-server.ts";

/** Bounds of the request histogram, seconds: from a cached thumbnail to a search that is far too slow. */
const REQUEST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Bounds of the step histogram, seconds: from a hash to a model that is hardly bearable. */
const STEP_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Metrics of the process (event-loop delay included), of each route and of the queues. */
export function createMetrics(server: ApiServer, jobs: JobOverview, measurements: Measurements): Registry {
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
  addStepMetrics(registry, measurements);
  addCacheMetrics(registry, measurements);
  addLibraryMetrics(registry, measurements);
  server.addHook("onClose", async () => registry.clear());
  return registry;
}

/** What each step of a photo takes with which model, and how it ends. */
function addStepMetrics(registry: Registry, { steps }: Measurements): void {
  const durations = new Histogram({
    name: "keepsight_step_seconds",
    help: "Time of one step of one photo",
    labelNames: ["step", "status", "model"],
    buckets: STEP_BUCKETS,
    registers: [registry],
  });
  steps.subscribe(({ step, status, modelId, durationMs }) => {
    durations.observe({ step, status, model: modelId }, durationMs / 1000);
  });
}

function addCacheMetrics(registry: Registry, measurements: Measurements): void {
  const requests = new Counter({
    name: "keepsight_cache_requests_total",
    help: "Questions to a cache, by whether it had the answer",
    labelNames: ["cache", "result"],
    registers: [registry],
    collect() {
      requests.reset();
      for (const [cache, { hits, misses }] of Object.entries(measurements.caches())) {
        requests.inc({ cache, result: "hit" }, hits);
        requests.inc({ cache, result: "miss" }, misses);
      }
    },
  });
  const entries = new Gauge({
    name: "keepsight_cache_entries",
    help: "Answers that a cache holds",
    labelNames: ["cache"],
    registers: [registry],
    collect() {
      for (const [cache, use] of Object.entries(measurements.caches())) entries.set({ cache }, use.entries);
    },
  });
}

function addLibraryMetrics(registry: Registry, measurements: Measurements): void {
  const gauge = (
    name: string,
    help: string,
    labelNames: string[],
    collect: (own: Gauge) => Promise<void> | void,
  ) => {
    const own: Gauge = new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect: () => collect(own),
    });
  };
  gauge("keepsight_photos", "Photos of the library by status", ["status"], async (own) => {
    own.reset();
    for (const [status, count] of Object.entries((await measurements.photos()).byStatus))
      own.set({ status }, count);
  });
  gauge("keepsight_analyser_processes", "Analyser processes that run", [], (own) =>
    own.set(measurements.analysers()),
  );
  gauge(
    "keepsight_analyser_resident_bytes",
    "Memory of the largest analyser after its last photo",
    [],
    (own) => own.set(measurements.analyserBytes()),
  );
}
