import type { PhotoAnalysis, Step, StepStatus } from "../core/photo-analysis.ts";
import type { PhotoStats } from "../database/photo-stats.ts";
import type { AnalyserPool } from "./analyser/analyser-pool.ts";
import type { CachedSearch } from "./search/answer-cache.ts";
import type { CacheUse } from "./search/cache-use.ts";
import type { QueryEncoder } from "./search/query-encoder.ts";

/** Counting a large library takes a while, and whoever watches asks every few seconds, milliseconds. */
const COUNT_EVERY_MS = 60_000;

/** How one step of one photo ended. */
export interface EndedStep {
  readonly step: Step;
  readonly status: StepStatus;
  /** "none" where the step was skipped. */
  readonly modelId: string;
  readonly durationMs: number;
}

/** Tells listeners how the steps of photos ended. */
export interface StepTimes {
  publish(steps: PhotoAnalysis["steps"]): void;
  subscribe(listener: (step: EndedStep) => void): () => void;
}

export function createStepTimes(): StepTimes {
  const listeners = new Set<(step: EndedStep) => void>();
  return {
    publish(steps) {
      for (const [step, outcome] of Object.entries(steps)) {
        const { status, modelId = "none", durationMs } = outcome;
        for (const listener of listeners) listener({ step: step as Step, status, modelId, durationMs });
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** Numbers about a running library, for whoever watches over it. */
export interface Measurements {
  /** How often each cache had what was asked for. */
  caches(): Readonly<Record<"search" | "query-embedding", CacheUse>>;
  readonly steps: Pick<StepTimes, "subscribe">;
  /** Of the largest analyser after its last photo. */
  analyserBytes(): number;
  analysers(): number;
  photos(): Promise<Pick<PhotoStats, "photos" | "missing" | "faces" | "byStatus">>;
}

export function createMeasurements(options: {
  readonly search: CachedSearch;
  readonly encoder: Pick<QueryEncoder, "use">;
  readonly stepTimes: StepTimes;
  readonly pool: Pick<AnalyserPool, "largestProcessBytes" | "pids">;
  readonly stats: () => Promise<PhotoStats>;
}): Measurements {
  const { search, encoder, stepTimes, pool, stats } = options;
  let counted: { readonly at: number; readonly stats: Promise<PhotoStats> } | undefined;
  return {
    caches: () => ({ search: search.use(), "query-embedding": encoder.use() }),
    steps: stepTimes,
    analyserBytes: () => pool.largestProcessBytes(),
    analysers: () => pool.pids().length,
    async photos() {
      if (counted === undefined || performance.now() - counted.at > COUNT_EVERY_MS) {
        counted = { at: performance.now(), stats: stats() };
        // What failed is asked again.
        counted.stats.catch(() => (counted = undefined));
      }
      return counted.stats;
    },
  };
}
