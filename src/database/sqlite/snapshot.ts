import { Worker } from "node:worker_threads";
import { KeepsightError } from "../../core/errors.ts";
import { toDatabaseError } from "./sqlite-error.ts";

/** What a thread is to do: copy `source` to `target` where there is one, and look whether `target` is whole. */
export interface SnapshotTask {
  readonly source?: string;
  readonly target: string;
}

/** What a whole database holds. */
export interface SnapshotFacts {
  readonly schemaVersion: number;
  readonly photos: number;
  readonly decisions: number;
}

/**
 * Writes everything that was committed at one moment into a new database file, while others go on reading and writing, and
 * checks what was written. A copy holds no free pages and needs no log beside it. `unavailable` when it cannot be read or
 * written, `internal` when it is damaged; aborting ends it and leaves an unfinished file.
 */
export function snapshotDatabase(
  source: string,
  target: string,
  signal?: AbortSignal,
): Promise<SnapshotFacts> {
  return run({ source, target }, signal);
}

/** What a database file holds, every page of it looked at. Throws as {@link snapshotDatabase} does; changes nothing. */
export function checkSnapshot(file: string, signal?: AbortSignal): Promise<SnapshotFacts> {
  return run({ target: file }, signal);
}

function run(task: SnapshotTask, signal: AbortSignal | undefined): Promise<SnapshotFacts> {
  signal?.throwIfAborted();
  const worker = new Worker(new URL("./snapshot-thread.ts", import.meta.url), { workerData: task });
  const abort = () => void worker.terminate();
  signal?.addEventListener("abort", abort, { once: true });
  return new Promise<SnapshotFacts>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", (error) => reject(toProblem(error as Error & { errcode?: number }, task)));
    worker.once("exit", () => reject(new KeepsightError("cancelled", "It was ended before it was done.")));
  }).finally(() => signal?.removeEventListener("abort", abort));
}

function toProblem(error: Error & { errcode?: number }, { target }: SnapshotTask): KeepsightError {
  if (error.errcode === undefined)
    return new KeepsightError("internal", `${target}: ${error.message}`, { cause: error });
  const { message, errcode } = error;
  return toDatabaseError({ message, errcode });
}
