import { Worker } from "node:worker_threads";
import { KeepsightError, toKeepsightError } from "../../core/errors.ts";
import type { FaceGroups, FacesToGroup } from "./group-faces.ts";

/**
 * {@link groupFaces} in a thread of its own, which ends with it. Aborting the signal ends it at once; rejects with what the
 * clustering threw, `cancelled` when aborted.
 */
export function groupInThread(faces: FacesToGroup, signal?: AbortSignal): Promise<FaceGroups> {
  signal?.throwIfAborted();
  const worker = new Worker(new URL("./grouping-worker.ts", import.meta.url), { workerData: faces });
  const abort = () => void worker.terminate();
  signal?.addEventListener("abort", abort, { once: true });
  return new Promise<FaceGroups>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", (error) => reject(toKeepsightError(error)));
    worker.once("exit", () =>
      reject(new KeepsightError("cancelled", "Clustering was ended before it was done.")),
    );
  }).finally(() => signal?.removeEventListener("abort", abort));
}
