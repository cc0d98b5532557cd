import { Worker } from "node:worker_threads";
import { KeepsightError, toKeepsightError } from "../../core/errors.ts";
import type { TrainingMessage, TrainingTask } from "./training-worker.ts";

type TrainingResult = Omit<Extract<TrainingMessage, { kind: "done" }>, "kind">;

/**
 * Trains and judges a head in a thread of its own, which ends with it. Aborting the signal ends it at once (`cancelled`); what
 * it reached is in its checkpoint, from which the same task goes on.
 */
export function trainInThread(
  task: TrainingTask,
  { signal, onEpoch }: { signal?: AbortSignal | undefined; onEpoch?: ((epochs: number) => void) | undefined },
): Promise<TrainingResult> {
  signal?.throwIfAborted();
  const worker = new Worker(new URL("./training-worker.ts", import.meta.url), { workerData: task });
  const abort = () => void worker.terminate();
  signal?.addEventListener("abort", abort, { once: true });
  return new Promise<TrainingResult>((resolve, reject) => {
    worker.on("message", (message: TrainingMessage) => {
      if (message.kind === "epoch") onEpoch?.(message.epochs);
      else resolve(message);
    });
    worker.once("error", (error) => reject(toKeepsightError(error)));
    worker.once("exit", () =>
      reject(new KeepsightError("cancelled", "The training was ended before it was done.")),
    );
  }).finally(() => signal?.removeEventListener("abort", abort));
}
