import type { Queue } from "../../../src/api/system.ts";

/** How far the import is. `total` 0 means that the folders are still being looked through. */
export interface ImportProgress {
  readonly done: number;
  readonly total: number;
  readonly ratePerSecond: number | null;
  readonly etaSeconds: number | null;
  readonly isPaused: boolean;
}

/** The queue in which photos are analysed. */
const ANALYSE = "analyse";

/** The queue in which folders are looked through. */
const SCAN = "scan";

/** The progress of an import, or undefined while nothing is imported. */
export function readProgress(queues: readonly Queue[]): ImportProgress | undefined {
  const analyse = queues.find((queue) => queue.kind === ANALYSE);
  const scan = queues.find((queue) => queue.kind === SCAN);
  const open = analyse ? analyse.queued + analyse.running : 0;
  if (analyse && open > 0) {
    const done = analyse.succeeded + analyse.failed;
    const { ratePerSecond, etaSeconds, isPaused } = analyse;
    return { done, total: done + open, ratePerSecond, etaSeconds, isPaused };
  }
  if (scan && scan.queued + scan.running > 0) {
    return { done: 0, total: 0, ratePerSecond: null, etaSeconds: null, isPaused: scan.isPaused };
  }
  return undefined;
}
