import type { Logger } from "../core/logger.ts";
import type { Database } from "../database/database.ts";
import type { Albums } from "../engine/albums/albums.ts";
import type { AnalyserPool } from "../engine/analyser/analyser-pool.ts";
import type { Teaching } from "../engine/concepts/teaching.ts";
import type { Duplicates } from "../engine/duplicates/duplicates.ts";
import type { FaceThumbnails } from "../engine/face-thumbnails.ts";
import { createAnalysePhotoHandler } from "../engine/import/analyse-photo-job.ts";
import { ANALYSE_JOB } from "../engine/import/analysis-queue.ts";
import type { LiveStatus } from "../engine/import/live-status.ts";
import { createReadMetadataHandler, READ_METADATA_JOB } from "../engine/import/read-metadata-job.ts";
import { removeFormerDerivatives } from "../engine/import/tidy-derivatives.ts";
import type { LibraryEvents } from "../engine/library-events.ts";
import type { StepTimes } from "../engine/measurements.ts";
import type { ModelLibrary } from "../engine/model-library.ts";
import type { People } from "../engine/people/people.ts";
import type { PhotoLibrary } from "../engine/photo-library.ts";
import type { PhotoVectors } from "../engine/search/photo-vectors.ts";
import type { Searching } from "../engine/search/searching.ts";
import type { Stores } from "./stores.ts";

interface PhotoJobParts {
  readonly dataDirectory: string;
  readonly database: Database;
  readonly stores: Stores;
  readonly pool: AnalyserPool;
  readonly models: ModelLibrary;
  readonly photoLibrary: PhotoLibrary;
  readonly faceThumbnails: FaceThumbnails;
  readonly vectors: PhotoVectors;
  readonly searching: Searching;
  readonly teaching: Teaching;
  readonly people: People;
  readonly albums: Albums;
  readonly duplicates: Duplicates;
  readonly liveStatus: LiveStatus;
  readonly stepTimes: StepTimes;
  readonly events: LibraryEvents;
  readonly logger: Logger;
}

/** The jobs that look at a photo, and who hears of what they found. */
export function createPhotoJobHandlers(parts: PhotoJobParts) {
  const { dataDirectory, database, liveStatus, events, stepTimes } = parts;
  const { vectors, searching, teaching, people, albums, duplicates } = parts;
  const shared = { ...parts.stores, pool: parts.pool, events };

  const analysePhoto = createAnalysePhotoHandler({
    ...shared,
    liveStatus,
    logger: parts.logger,
    wantedSteps: parts.models.stepModels,
    derivativePaths: parts.photoLibrary.derivativePaths,
    onStored: async (photo, analysis, { near }) => {
      const { embedding, steps } = analysis;
      if (embedding !== undefined) await vectors.set(photo.id, embedding.modelId, embedding.embedding);
      await removeFormerDerivatives(dataDirectory, photo);
      await teaching.onStored(photo.id, analysis);
      await searching.onStored(photo.id, analysis);
      if (steps.faces?.status === "done") await parts.faceThumbnails.removeFormer(photo);
      await people.upkeep.onStored(photo.id, analysis);
      await albums.onStored(photo.id);
      liveStatus.set(photo.id, "duplicates");
      const status = liveStatus.get(photo.id)!;
      events.publish({ type: "photo", photoId: photo.id, status, step: "duplicates" });
      await duplicates.onStored(photo, analysis, near);
      // Also what lives in memory is as new as the photo by now.
      database.changes.note();
      stepTimes.publish(steps);
    },
  });
  const readMetadata = createReadMetadataHandler({
    ...shared,
    onStored: async (photo, metadata) => {
      const outcome = { status: "done", durationMs: 0 } as const;
      const told = { metadata, objects: [], faces: [], tags: [], textLines: [] };
      const analysis = { ...told, steps: { preprocessing: outcome } };
      await searching.onStored(photo.id, analysis);
      await people.upkeep.onStored(photo.id, analysis);
      database.changes.note();
    },
  });
  return { [READ_METADATA_JOB]: readMetadata, [ANALYSE_JOB]: analysePhoto };
}
