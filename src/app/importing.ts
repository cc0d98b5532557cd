import { join } from "node:path";
import type { Config } from "../config.ts";
import type { Logger } from "../core/logger.ts";
import { createAnalysisQueue } from "../engine/import/analysis-queue.ts";
import { createBackfill } from "../engine/import/backfill.ts";
import { createLibraryFolders } from "../engine/import/library-folders.ts";
import { queueReadMetadata } from "../engine/import/read-metadata-job.ts";
import { createFileReconciler } from "../engine/import/reconcile-files.ts";
import { createFolderTending } from "../engine/import/tend-folders.ts";
import { createUploads } from "../engine/import/upload-photo.ts";
import type { LibraryEvents } from "../engine/library-events.ts";
import type { ModelLibrary } from "../engine/model-library.ts";
import { toDecodeLimits } from "./analysers.ts";
import type { Stores } from "./stores.ts";

interface ImportingParts {
  readonly config: Config;
  readonly stores: Stores;
  readonly models: ModelLibrary;
  readonly events: LibraryEvents;
  readonly notify: () => void;
  readonly logger: Logger;
}

/** How photos come into a library: from folders, from uploads, and again when a model changed. */
export function createImporting({ config, stores, models, events, notify, logger }: ImportingParts) {
  const { dataDirectory } = config;
  const { photos, analyses, jobs, visibility } = stores;
  const queue = createAnalysisQueue(jobs, notify);
  const backfill = createBackfill({ analyses, queue, wantedSteps: models.stepModels });
  const reconciler = createFileReconciler({
    photos,
    sidecars: stores.sidecars,
    queue,
    queueMetadata: (photoIds) => queueReadMetadata(jobs, photoIds, notify),
  });
  const folders = createLibraryFolders({
    folders: stores.folders,
    jobs,
    photos,
    reconciler,
    visibility,
    events,
    logger,
    dataDirectory,
    notify,
    backfill: () => backfill({ leaveEnded: true }),
  });
  return {
    queue,
    backfill,
    folders,
    tending: createFolderTending({ store: stores.folders, folders, photos, visibility, events }),
    uploads: createUploads({
      directory: join(dataDirectory, "uploads"),
      photos,
      fingerprints: stores.fingerprints,
      tags: stores.tags,
      queue,
      limits: toDecodeLimits(config),
      maxUploadBytes: config.limits.maxUploadBytes,
    }),
  };
}
