import { Worker } from "node:worker_threads";
import { KeepsightError, toKeepsightError } from "../../core/errors.ts";

/**
 * The one message that a thread of `entry` posts about its `workerData`; the thread ends with it. Aborting the signal ends it at
 * once. Rejects with what the thread threw, `cancelled` when it ended without an answer.
 */
export function askThread<Answer>(entry: URL, workerData: unknown, signal?: AbortSignal): Promise<Answer> {
  signal?.throwIfAborted();
  const worker = new Worker(entry, { workerData });
  const abort = () => void worker.terminate();
  signal?.addEventListener("abort", abort, { once: true });
  return new Promise<Answer>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", (error) => reject(toKeepsightError(error)));
    worker.once("exit", () => reject(new KeepsightError("cancelled", "It was ended before it was done.")));
  }).finally(() => signal?.removeEventListener("abort", abort));
}
