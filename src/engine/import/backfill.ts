import type { Step } from "../../core/photo-analysis.ts";
import type { AnalysisStore } from "../../database/analysis-store.ts";
import type { AnalysisQueue } from "./analysis-queue.ts";

/** Photos looked at and queued at a time. */
const PAGE = 1000;

export interface BackfillOptions {
  readonly analyses: AnalysisStore;
  readonly queue: AnalysisQueue;
  readonly wantedSteps: () => Promise<Readonly<Partial<Record<Step, string>>>>;
}

/**
 * Queues every photo that has something to do: one never analysed (its job may have been lost with a crash between two
 * writes), or one whose step was made by another model than the one in use. With `leaveEnded` those whose job failed for good
 * or was cancelled stay as they are: trying them again is for a start, or a person. Gives how many.
 */
export function createBackfill({ analyses, queue, wantedSteps }: BackfillOptions) {
  return async function backfill({ leaveEnded = false } = {}): Promise<number> {
    const wanted = await wantedSteps();
    let queued = 0;
    let afterId = 0;
    for (;;) {
      const page = await analyses.stepsNeedingWork({
        wanted,
        retryFailed: false,
        leaveEnded,
        afterId,
        limit: PAGE,
      });
      if (page.length === 0) return queued;
      await queue.add(
        page.map(({ photoId }) => photoId),
        "backfill",
      );
      queued += page.length;
      afterId = page.at(-1)!.photoId;
    }
  };
}
