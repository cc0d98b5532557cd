import { KeepsightError } from "../../core/errors.ts";
import type { FileRoom, WireTensor } from "../../kserve/wire-tensor.ts";
import { createInferenceWorker, type InferenceWorkerOptions, type RunResult } from "./inference-worker.ts";

export interface InferencePoolOptions extends InferenceWorkerOptions {
  readonly size: number;
  /** Bytes of tensors that may wait or run at once; beyond, requests are refused. */
  readonly maxWaitingBytes: number;
}

/** A fixed number of inference processes behind one queue. */
export interface InferencePool {
  readonly size: number;
  /** Runs a model in the next free process; `unavailable` while too much waits. */
  run(path: string, inputs: readonly WireTensor[], rooms?: ReadonlyMap<string, FileRoom>): Promise<RunResult>;
  /** Requests that wait for a process. */
  countWaiting(): number;
  /** Ends all processes; waiting and running requests are rejected with `cancelled`. */
  close(): Promise<void>;
}

/** Inference processes that start when first needed; requests wait in order of arrival. */
export function createInferencePool(options: InferencePoolOptions): InferencePool {
  const workers = Array.from({ length: options.size }, () => createInferenceWorker(options));
  const idle = [...workers];
  const waiting: PromiseWithResolvers<(typeof workers)[number]>[] = [];
  let bytes = 0;

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

  async function run(
    path: string,
    inputs: readonly WireTensor[],
    rooms?: ReadonlyMap<string, FileRoom>,
  ): Promise<RunResult> {
    // What lies in shared memory is not held here.
    const own = inputs.reduce(
      (sum, input) => sum + (input.place === undefined ? input.data.byteLength : 0),
      0,
    );
    if (bytes > 0 && bytes + own > options.maxWaitingBytes) {
      throw new KeepsightError("unavailable", "Too many requests wait for a run; try again in a moment.");
    }
    bytes += own;
    try {
      const worker = await acquire();
      try {
        return await worker.run(path, inputs, rooms);
      } finally {
        release(worker);
      }
    } finally {
      bytes -= own;
    }
  }

  async function close(): Promise<void> {
    for (const turn of waiting.splice(0)) {
      turn.reject(new KeepsightError("cancelled", "The server of models was closed."));
    }
    await Promise.all(workers.map((worker) => worker.close()));
  }

  return { size: options.size, run, close, countWaiting: () => waiting.length };
}
