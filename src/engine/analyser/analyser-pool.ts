import { KeepsightError } from "../../core/errors.ts";
import type { VisionModels } from "../../vision/choose-models.ts";
import type {
  AnalyseRequest,
  DescribedFace,
  DescribeFaceRequest,
  FileAnalysis,
  FileMetadata,
  ReadMetadataRequest,
} from "./analyser-protocol.ts";
import {
  type AnalyserWorker,
  createAnalyserWorker,
  type AnalyserWorkerOptions,
  type RequestOptions,
} from "./analyser-worker.ts";

/** A fixed number of analyser processes behind one queue. */
export interface AnalyserPool {
  readonly size: number;
  /** Process ids of the analysers that run now. */
  pids(): number[];
  /** Resident bytes of the largest analyser after its last photo; 0 before any. */
  largestProcessBytes(): number;
  /** Analyses one photo in the next free process. */
  analyse(request: AnalyseRequest, options?: RequestOptions): Promise<FileAnalysis>;
  /** Reads the metadata of one photo in the next free process. */
  readMetadata(request: ReadMetadataRequest, options?: RequestOptions): Promise<FileMetadata>;
  /** Describes a face in a given box in the next free process. */
  describeFace(request: DescribeFaceRequest, options?: RequestOptions): Promise<DescribedFace>;
  /** Photos begun from now on are analysed with these models. */
  useModels(models: VisionModels): void;
  /** Ends all processes; waiting and running requests are rejected with `cancelled`. */
  close(): Promise<void>;
}

/** Analyser processes that start when first needed; photos wait in order of arrival. */
export function createAnalyserPool(size: number, options: AnalyserWorkerOptions): AnalyserPool {
  const workers = Array.from({ length: size }, () => createAnalyserWorker(options));
  const idle = [...workers];
  const waiting: PromiseWithResolvers<(typeof workers)[number]>[] = [];

  function acquire() {
    const worker = idle.pop();
    if (worker !== undefined) return Promise.resolve(worker);
    const turn = Promise.withResolvers<(typeof workers)[number]>();
    waiting.push(turn);
    return turn.promise;
  }

  function release(worker: (typeof workers)[number]): void {
    const turn = waiting.shift();
    if (turn === undefined) idle.push(worker);
    else turn.resolve(worker);
  }

  async function inNextFree<T>(work: (worker: AnalyserWorker) => Promise<T>): Promise<T> {
    const worker = await acquire();
    try {
      return await work(worker);
    } finally {
      release(worker);
    }
  }

  async function close(): Promise<void> {
    for (const turn of waiting.splice(0))
      turn.reject(new KeepsightError("cancelled", "The analysers were closed."));
    await Promise.all(workers.map((worker) => worker.close()));
  }

  function useModels(models: VisionModels): void {
    for (const worker of workers) worker.useModels(models);
  }

  return {
    size,
    analyse: (request, requestOptions) => inNextFree((worker) => worker.request(request, requestOptions)),
    readMetadata: (request, requestOptions) =>
      inNextFree((worker) => worker.request(request, requestOptions)),
    describeFace: (request, requestOptions) =>
      inNextFree((worker) => worker.request(request, requestOptions)),
    useModels,
    close,
    largestProcessBytes: () => Math.max(...workers.map(({ residentBytes }) => residentBytes)),
    pids: () => workers.flatMap(({ pid }) => (pid === undefined ? [] : [pid])),
  };
}
