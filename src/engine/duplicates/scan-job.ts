import type { Logger } from "../../core/logger.ts";
import type { FeatureStore } from "../../database/duplicates/feature-store.ts";
import type { JobHandler } from "../jobs/job-runner.ts";
import type { PhotoChecker } from "./check-photo.ts";

/** Compares all photos with each other of which that has not been done. */
export const SCAN_DUPLICATES_JOB = "scan-duplicates";

/** Photos looked up at a time. */
const PAGE = 500;

/** Progress is written down once for so many photos. */
const PROGRESS_EVERY = 10;

/** What a scan is to do. */
export interface ScanWish {
  /** Looks again at every photo, as after a change of thresholds. */
  readonly all?: boolean;
  readonly detectNear?: boolean;
  readonly nearThreshold?: number;
}

/**
 * The handler of scans. Every photo is recorded when it was compared, so that a scan that was cut short goes on where it was,
 * and repeating one changes nothing.
 */
export function createScanHandler(options: {
  readonly features: Pick<FeatureStore, "listUnchecked">;
  readonly check: PhotoChecker["check"];
  readonly loadVectors: () => Promise<void>;
  readonly onChanged: () => void;
  readonly logger: Logger;
}): JobHandler {
  const { features, check, logger } = options;
  return {
    concurrency: 1,
    async run({ payload, createdAt }, { signal, setProgress }) {
      const { all = false, ...wish } = payload as ScanWish;
      const since = all ? { since: createdAt } : {};
      await options.loadVectors();
      let done = 0;
      let failed = 0;
      for (let afterId = 0; ;) {
        const page = await features.listUnchecked({ ...since, afterId, limit: PAGE });
        if (page.length === 0) break;
        for (const photoId of page) {
          signal.throwIfAborted();
          try {
            const changed = await check(photoId, wish);
            if (changed.length > 0) options.onChanged();
          } catch (error) {
            failed++;
            logger.warn({ err: error, photoId }, "a photo could not be compared with the others");
          }
          if (++done % PROGRESS_EVERY === 0) await setProgress(done);
        }
        afterId = page.at(-1)!;
      }
      await setProgress(done, done);
      logger.info({ photos: done, failed }, "photos were compared with each other");
    },
  };
}
