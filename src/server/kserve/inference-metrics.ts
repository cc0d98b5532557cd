import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** Bounds of times, seconds: from a face crop to the largest encoder on a busy machine. */
const TIME_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const ROW_BUCKETS = [1, 2, 4, 8, 16, 32];

/** What a server of models counts. */
export interface InferenceMetrics {
  readonly registry: Registry;
  /** A request was answered; `code` is `ok` or why not. */
  onRequest(protocol: "http" | "grpc", modelName: string, code: string, durationMs: number): void;
  /** A model was run in a process. */
  onRun(modelName: string, runMs: number, rows: number): void;
}

/** Metrics of the process (event-loop delay included), of requests, of runs, and of the queue before them. */
export function createInferenceMetrics(countWaiting: () => number): InferenceMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Histogram({
    name: "keepsight_inference_request_seconds",
    help: "Time to answer a request for a run, waiting included",
    labelNames: ["protocol", "model", "code"],
    buckets: TIME_BUCKETS,
    registers,
  });
  const runs = new Histogram({
    name: "keepsight_inference_run_seconds",
    help: "Time of the bare runs of a model",
    labelNames: ["model"],
    buckets: TIME_BUCKETS,
    registers,
  });
  const rows = new Histogram({
    name: "keepsight_inference_run_rows",
    help: "Rows that were run together",
    labelNames: ["model"],
    buckets: ROW_BUCKETS,
    registers,
  });
  new Gauge({
    name: "keepsight_inference_waiting",
    help: "Requests that wait for a process",
    registers,
    collect() {
      this.set(countWaiting());
    },
  });
  return {
    registry,
    onRequest(protocol, modelName, code, durationMs) {
      // Names that nobody serves come from outside and must not make series.
      const model = code === "not_found" ? "none" : modelName;
      requests.observe({ protocol, model, code }, durationMs / 1000);
    },
    onRun(model, runMs, count) {
      runs.observe({ model }, runMs / 1000);
      rows.observe({ model }, count);
    },
  };
}
