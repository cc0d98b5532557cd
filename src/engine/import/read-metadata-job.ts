import { KeepsightError } from "../../core/errors.ts";
import type { PhotoMetadata, SidecarFile } from "../../core/photo-analysis.ts";
import type { AnalysisStore } from "../../database/analysis-store.ts";
import type { Job } from "../../database/jobs/job.ts";
import type { JobStore } from "../../database/jobs/job-store.ts";
import type { Photo, PhotoStore } from "../../database/photo-store.ts";
import type { SidecarStore } from "../../database/sidecar-store.ts";
import { chooseSidecar, findSidecars } from "../../library/sidecar.ts";
import type { AnalyserPool } from "../analyser/analyser-pool.ts";
import type { JobContext, JobHandler } from "../jobs/job-runner.ts";
import type { LibraryEvents } from "../library-events.ts";

/** The kind of job that takes in the metadata of one photo anew, without a look at its pixels. */
export const READ_METADATA_JOB = "read-metadata";

/** Before analyses: it takes milliseconds, and somebody has just said something elsewhere. */
const PRIORITY = 25;

/** What a photo and its sidecar say now. */
interface ReadMetadata {
  readonly metadata: PhotoMetadata;
  readonly sidecar?: SidecarFile;
}

export interface ReadMetadataOptions {
  readonly photos: Pick<PhotoStore, "get">;
  readonly analyses: Pick<AnalysisStore, "saveMetadata">;
  readonly sidecars: Pick<SidecarStore, "find" | "noteTakenIn">;
  readonly pool: Pick<AnalyserPool, "readMetadata" | "size">;
  readonly events: LibraryEvents;
  /** Called after the metadata are stored. */
  readonly onStored: (photo: Photo, metadata: PhotoMetadata) => Promise<void>;
}

/** Has the metadata of these photos taken in anew; `notify` is called when there is new work. */
export async function queueReadMetadata(
  jobs: Pick<JobStore, "enqueue">,
  photoIds: readonly number[],
  notify: () => void,
): Promise<void> {
  if (photoIds.length === 0) return;
  await jobs.enqueue(
    photoIds.map((photoId) => ({
      kind: READ_METADATA_JOB,
      dedupeKey: String(photoId),
      photoId,
      payload: {},
      priority: PRIORITY,
    })),
  );
  notify();
}

/**
 * The handler of jobs that take in the metadata of a photo whose sidecar came, changed or went. What humans said stands over
 * it, and no file is written. A photo that changed meanwhile is left to whoever notices that: its analysis reads the sidecar.
 */
export function createReadMetadataHandler(options: ReadMetadataOptions): JobHandler {
  const { photos, analyses, sidecars, pool, events } = options;

  async function run({ photoId }: Job, { signal }: JobContext): Promise<void> {
    const photo = await photos.get(photoId!);
    if (photo === undefined || photo.missingSince !== undefined || photo.hiddenAt !== undefined) return;
    const ownSidecar = (await sidecars.find([photo.id])).get(photo.id)?.written;
    const read = await readNow(photo, ownSidecar, signal);
    if (read === undefined) return;
    if (!(await analyses.saveMetadata(photo.id, photo.contentVersion, read))) return;
    await options.onStored(photo, read.metadata);
    events.publish({ type: "photo", photoId: photo.id, status: photo.status });
  }

  /** Undefined where there is nothing to be stored. */
  async function readNow(
    photo: Photo,
    ownSidecar: SidecarFile | undefined,
    signal: AbortSignal,
  ): Promise<ReadMetadata | undefined> {
    try {
      const { byteSize, modifiedAtMs, ...read } = await pool.readMetadata(
        { type: "read-metadata", path: photo.path, ownSidecar },
        { signal },
      );
      return byteSize === photo.byteSize && modifiedAtMs === photo.modifiedAtMs ? read : undefined;
    } catch (error) {
      if (!(error instanceof KeepsightError)) throw error;
      if (error.code === "not_found") return undefined;
      if (!UNREADABLE.includes(error.code)) throw error;
      // Nothing can be said of such a photo: it is not asked again until its sidecar changes once more.
      const file = chooseSidecar(await findSidecars(photo.path), ownSidecar);
      await sidecars.noteTakenIn(photo.id, file);
      return undefined;
    }
  }

  return { concurrency: pool.size, run };
}

/** Why the analysis of such a photo has failed as well. */
const UNREADABLE: readonly string[] = ["undecodable", "unsupported_media", "too_large"];
