import { type ErrorCode, KeepsightError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import {
  NOT_WANTED,
  type PhotoAnalysis,
  type Step,
  type StepOutcome,
  STEPS,
} from "../../core/photo-analysis.ts";
import type { AnalysisStore } from "../../database/analysis-store.ts";
import type { Job } from "../../database/jobs/job.ts";
import type { Photo, PhotoStore } from "../../database/photo-store.ts";
import type { SidecarStore } from "../../database/sidecar-store.ts";
import type { AnalyserPool } from "../analyser/analyser-pool.ts";
import type { DerivativePaths, FileAnalysis } from "../analyser/analyser-protocol.ts";
import { ANALYSER_STEPS } from "../analyser/analyser-steps.ts";
import type { JobContext, JobHandler } from "../jobs/job-runner.ts";
import type { LibraryEvents } from "../library-events.ts";
import type { AnalysisPayload } from "./analysis-queue.ts";
import type { LiveStatus } from "./live-status.ts";

/** A photo that changes while it is read is read again, but not for ever. */
const MAX_READS = 3;

/** The outcome of a step that whoever added the photo did without. */
const UNWANTED: StepOutcome = {
  status: "skipped",
  reason: "Not wanted for this photo.",
  errorCode: NOT_WANTED,
  durationMs: 0,
};

type WantedSteps = Readonly<Partial<Record<Step, string>>>;

export interface AnalysePhotoOptions {
  readonly photos: PhotoStore;
  readonly analyses: AnalysisStore;
  readonly sidecars: Pick<SidecarStore, "find">;
  readonly pool: AnalyserPool;
  readonly liveStatus: LiveStatus;
  readonly events: LibraryEvents;
  readonly logger: Logger;
  /** Steps that can run now with the model that each runs with. */
  readonly wantedSteps: () => Promise<WantedSteps>;
  /** Where this version of the photo's derivatives go. */
  readonly derivativePaths: (photo: Photo) => DerivativePaths;
  /** Called after the results of a photo are stored. */
  readonly onStored: (photo: Photo, analysis: PhotoAnalysis, payload: AnalysisPayload) => Promise<void>;
}

/** The handler of `analyse` jobs: reads one photo once, runs the steps it needs, stores what was found whole. */
export function createAnalysePhotoHandler(options: AnalysePhotoOptions): JobHandler {
  const { photos, analyses, pool, liveStatus, events, logger } = options;

  async function run(job: Job, { signal }: JobContext): Promise<void> {
    for (let read = 1; read <= MAX_READS; read++) {
      const photo = await photos.get(job.photoId!);
      if (photo === undefined || photo.missingSince !== undefined || photo.hiddenAt !== undefined) return;
      const plan = await planSteps(photo, job.payload as AnalysisPayload);
      if (plan.steps.length === 0) return;
      if (await analyseOnce(photo, plan, signal, job.payload as AnalysisPayload)) return;
    }
    throw new KeepsightError(
      "file_unreadable",
      "The file keeps changing while it is read; it is tried again later.",
    );
  }

  /** Steps asked for by name run in any case, others when they are missing, outdated or failed. */
  async function planSteps(
    photo: Photo,
    { steps: asked = [], withoutSteps = [] }: AnalysisPayload,
  ): Promise<StepPlan> {
    const wanted = await options.wantedSteps();
    const needed = await stepsNeeded(photo, wanted);
    const unwanted = withoutSteps.filter((step) => !asked.includes(step));
    const planned = await withPartner(photo, new Set([...asked, ...needed]), wanted);
    return { steps: STEPS.filter((step) => planned.has(step) && !unwanted.includes(step)), unwanted };
  }

  /** Objects have embeddings: where one step runs so does the other, if it can, for both to be of the same moment. */
  async function withPartner(photo: Photo, steps: ReadonlySet<Step>, wanted: WantedSteps) {
    const pair = ["objects", "embeddings"] as const;
    const missing = pair.filter((step) => !steps.has(step) && wanted[step] !== undefined);
    if (missing.length !== 1) return steps;
    const unwanted = await analyses.unwantedSteps(photo.id);
    return new Set([...steps, ...missing.filter((step) => !unwanted.includes(step))]);
  }

  async function stepsNeeded(photo: Photo, wanted: WantedSteps): Promise<readonly Step[]> {
    const needed = await analyses.stepsNeededBy(photo.id, { wanted, retryFailed: true });
    if (needed.length === 0) return [];
    // Steps without a model cost nothing and leave behind why there is no result.
    return [...needed, ...ANALYSER_STEPS.filter((step) => wanted[step] === undefined)];
  }

  /** False when the file changed and has to be read again. */
  async function analyseOnce(
    photo: Photo,
    plan: StepPlan,
    signal: AbortSignal,
    payload: AnalysisPayload,
  ): Promise<boolean> {
    const started = performance.now();
    const onStep = (step: Step) => {
      liveStatus.set(photo.id, step);
      logger.debug({ photoId: photo.id, step }, "step begins");
      events.publish({ type: "photo", photoId: photo.id, status: liveStatus.get(photo.id)!, step });
    };
    try {
      const derivatives = options.derivativePaths(photo);
      const ownSidecar = (await options.sidecars.find([photo.id])).get(photo.id)?.written;
      const result = await pool.analyse(
        { type: "analyse", path: photo.path, steps: plan.steps, derivatives, ownSidecar },
        { signal, onStep },
      );
      if (result.byteSize !== photo.byteSize || result.modifiedAtMs !== photo.modifiedAtMs) {
        await photos.markChanged(photo.id, result);
        return false;
      }
      const analysis = withUnwanted(result.analysis, plan.unwanted);
      return await store(photo, { ...result, analysis }, performance.now() - started, payload);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      // Gone since it was queued: nothing failed, and it is analysed should it come back.
      await photos.markMissing([photo.id]);
      events.publish({ type: "library", reason: "photos-removed" });
      return true;
    } finally {
      liveStatus.clear(photo.id);
    }
  }

  async function store(
    photo: Photo,
    { analysis, derivatives }: FileAnalysis,
    durationMs: number,
    payload: AnalysisPayload,
  ): Promise<boolean> {
    if (!(await analyses.saveAnalysis(photo.id, photo.contentVersion, analysis, derivatives))) return false;
    logSteps(photo, analysis, durationMs);
    await options.onStored(photo, analysis, payload);
    const stored = await photos.get(photo.id);
    events.publish({ type: "photo", photoId: photo.id, status: stored?.status ?? "failed" });
    // Changed just now: whoever noticed found this job in the queue and made no other.
    if (stored !== undefined && stored.contentVersion !== photo.contentVersion) return false;
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

function isNotFound(error: unknown): boolean {
  return error instanceof KeepsightError && error.code === "not_found";
}

/** What one reading of a photo is to do. */
interface StepPlan {
  readonly steps: readonly Step[];
  readonly unwanted: readonly Step[];
}

function withUnwanted(analysis: PhotoAnalysis, unwanted: readonly Step[]): PhotoAnalysis {
  const outcomes = Object.fromEntries(unwanted.map((step) => [step, UNWANTED]));
  return { ...analysis, steps: { ...analysis.steps, ...outcomes } };
}

/**
 * Turns failed steps into the job's failure with a step's own reason, so that the job is listed, and tried again where that
 * can help one of them.
 */
function throwForFailedSteps({ steps }: PhotoAnalysis): void {
  const failures = Object.values(steps)
    .filter(({ status }) => status === "failed")
    .map(
      ({ errorCode = "internal", reason = "A step failed without a reason." }) =>
        new KeepsightError(errorCode as ErrorCode, reason),
    );
  const worst = failures.find(({ isRetryable }) => isRetryable) ?? failures[0];
  if (worst !== undefined) throw worst;
}
