import { KeepsightError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { PhotoAnalysis, Step } from "../../core/photo-analysis.ts";
import type { AnalysisStore } from "../../database/analysis-store.ts";
import type { Job } from "../../database/job-store.ts";
import type { Photo, PhotoStore } from "../../database/photo-store.ts";
import type { AnalyserPool } from "../analyser/analyser-pool.ts";
import type { FileAnalysis } from "../analyser/analyser-protocol.ts";
import type { JobContext, JobHandler } from "../jobs/job-runner.ts";
import type { LibraryEvents } from "../library-events.ts";
import type { AnalysisPayload } from "./analysis-queue.ts";
import type { LiveStatus } from "./live-status.ts";

/** A photo that changes while it is read is read again, but not for ever. */
const MAX_READS = 3;

/** Failures that reading again cannot mend. */
const RETRYABLE_STEP_CODES: ReadonlySet<string> = new Set(["internal", "file_unreadable", "unavailable"]);

export interface AnalysePhotoOptions {
  readonly photos: PhotoStore;
  readonly analyses: AnalysisStore;
  readonly pool: AnalyserPool;
  readonly liveStatus: LiveStatus;
  readonly events: LibraryEvents;
  readonly logger: Logger;
  /** Steps that can run now with the model that each runs with. */
  readonly wantedSteps: () => Promise<Readonly<Partial<Record<Step, string>>>>;
  /** Where this version of the photo's derivatives go. */
  readonly derivativePaths: (photo: Photo) => {
    readonly thumbnailPath: string;
    readonly previewPath: string;
  };
  /** Called after the results of a photo are stored. */
  readonly onStored: (photo: Photo, analysis: PhotoAnalysis) => Promise<void>;
}

/** The handler of `analyse` jobs: reads one photo once, runs the steps it needs, stores what was found whole. */
export function createAnalysePhotoHandler(options: AnalysePhotoOptions): JobHandler {
  const { photos, analyses, pool, liveStatus, events, logger } = options;

  async function run(job: Job, { signal }: JobContext): Promise<void> {
    for (let read = 1; read <= MAX_READS; read++) {
      const photo = await photos.get(job.photoId!);
      if (photo === undefined || photo.missingSince !== undefined || photo.hiddenAt !== undefined) return;
      const steps = (job.payload as AnalysisPayload).steps ?? (await stepsToRun(photo));
      if (steps.length === 0) return;
      if (await analyseOnce(photo, steps, signal)) return;
    }
    throw new KeepsightError(
      "file_unreadable",
      "The file keeps changing while it is read; it is tried again later.",
    );
  }

  async function stepsToRun(photo: Photo): Promise<readonly Step[]> {
    const wanted = await options.wantedSteps();
    const [work] = await analyses.stepsNeedingWork({
      wanted,
      retryFailed: true,
      afterId: photo.id - 1,
      limit: 1,
    });
    return work?.photoId === photo.id ? work.steps : [];
  }

  /** False when the file changed and has to be read again. */
  async function analyseOnce(photo: Photo, steps: readonly Step[], signal: AbortSignal): Promise<boolean> {
    const started = performance.now();
    const onStep = (step: Step) => {
      liveStatus.set(photo.id, step);
      logger.debug({ photoId: photo.id, step }, "step begins");
      events.publish({ type: "photo", photoId: photo.id, status: liveStatus.get(photo.id)!, step });
    };
    try {
      const derivatives = options.derivativePaths(photo);
      const result = await pool.analyse(
        { type: "analyse", path: photo.path, steps, derivatives },
        { signal, onStep },
      );
      if (result.byteSize !== photo.byteSize || result.modifiedAtMs !== photo.modifiedAtMs) {
        await photos.markChanged(photo.id, result);
        return false;
      }
      return await store(photo, result, performance.now() - started);
    } finally {
      liveStatus.clear(photo.id);
    }
  }

  async function store(photo: Photo, result: FileAnalysis, durationMs: number): Promise<boolean> {
    const { analysis } = result;
    if (!(await analyses.saveAnalysis(photo.id, photo.contentVersion, analysis, result.derivatives)))
      return false;
    logSteps(photo, analysis, durationMs);
    await options.onStored(photo, analysis);
    const stored = await photos.get(photo.id);
    events.publish({ type: "photo", photoId: photo.id, status: stored?.status ?? "failed" });
    throwForFailedSteps(analysis);
    return true;
  }

  function logSteps(photo: Photo, analysis: PhotoAnalysis, durationMs: number): void {
    for (const [step, outcome] of Object.entries(analysis.steps)) {
      const { status, durationMs: stepMs, reason } = outcome;
      logger.debug({ photoId: photo.id, step, status, durationMs: Math.round(stepMs), reason }, "step ended");
    }
    logger.info(
      { photoId: photo.id, path: photo.path, durationMs: Math.round(durationMs) },
      "photo analysed",
    );
  }

  /** An analyser that dies or hangs on a photo for good leaves the photo failed, with that reason. */
  async function onFailed(job: Job, error: KeepsightError): Promise<void> {
    const photo = await photos.get(job.photoId!);
    if (photo === undefined || !["analyser_crashed", "analyser_timeout"].includes(error.code)) return;
    await analyses.saveStep(photo.id, photo.contentVersion, "preprocessing", {
      status: "failed",
      reason: error.message,
      errorCode: error.code,
      durationMs: 0,
    });
    events.publish({ type: "photo", photoId: photo.id, status: "failed" });
  }

  return { concurrency: pool.size, run, onFailed };
}

/** Turns failed steps into the job's failure, so that it is tried again (or listed) with the step's own reason. */
function throwForFailedSteps(analysis: PhotoAnalysis): void {
  const failures = Object.entries(analysis.steps).filter(([, outcome]) => outcome.status === "failed");
  if (failures.length === 0) return;
  const retryable = failures.find(([, { errorCode }]) => RETRYABLE_STEP_CODES.has(errorCode ?? "internal"));
  const [, outcome] = retryable ?? failures[0]!;
  const code = retryable === undefined ? "undecodable" : "internal";
  throw new KeepsightError(code, outcome.reason ?? "A step failed without a reason.");
}
