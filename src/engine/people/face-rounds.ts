import { setTimeout as sleep } from "node:timers/promises";
import { type ErrorCode, KeepsightError } from "../../core/errors.ts";
import type { Step } from "../../core/photo-analysis.ts";
import type { AnalysisStore } from "../../database/analysis-store.ts";
import type { JobStore } from "../../database/jobs/job-store.ts";
import type { Face, FaceStore } from "../../database/people/face-store.ts";
import { ANALYSE_JOB, type AnalysisQueue } from "../import/analysis-queue.ts";

/** How often a job is looked at while somebody waits for its end, milliseconds. */
const POLL_MS = 100;

/** Photos queued at a time. */
const PAGE = 500;

/** Photos in which faces were looked for. */
export interface DetectedRound {
  readonly processed: number;
  readonly errors: number;
  /** Faces in these photos. */
  readonly totalFaces: number;
}

/** Faces that cannot be compared, for want of an embedding. */
export interface Orphans {
  readonly facesChecked: number;
  readonly orphans: readonly { readonly faceId: number; readonly photoId: number }[];
}

/** Looking for faces again, outside the usual way of a photo. */
export interface FaceRounds {
  /**
   * Runs the step of faces for one photo again and gives its faces; running it twice changes nothing. Undefined when it has
   * not ended after `timeoutMs` (the queue may be long, or paused): the job goes on. Throws what the job failed with.
   */
  detect(
    photoId: number,
    timeoutMs: number,
  ): Promise<{ readonly jobId: number; readonly faces?: readonly Face[] }>;
  /** The faces of a photo whose analysis is this job, once it has ended; undefined and errors as with `detect`. */
  facesAfter(jobId: number, photoId: number, timeoutMs: number): Promise<readonly Face[] | undefined>;
  /** Photos in which nobody has looked for faces, or with another model; `offset` of them are left out. */
  findUnseen(options: { readonly limit: number; readonly offset: number }): Promise<readonly number[]>;
  /** Looks for faces in these photos; waits for the end of their jobs unless told not to. */
  detectAll(
    photoIds: readonly number[],
    options: {
      readonly signal?: AbortSignal;
      readonly isWaiting: boolean;
      /** Only faces of which the detector is so sure are counted. */
      readonly minConfidence?: number;
    },
  ): Promise<DetectedRound>;
  /**
   * Looks for faces in these photos and describes those that humans drew or named and that are not found; waits for the end
   * of both. `conflict` while one of the queues is paused: then it is done once that is resumed.
   */
  describeAnew(photoIds: readonly number[]): Promise<DetectedRound>;
  /** At most `limit` of them. */
  findOrphans(modelId: string, limit: number): Promise<Orphans>;
}

export interface FaceRoundsOptions {
  readonly faces: FaceStore;
  readonly analyses: Pick<AnalysisStore, "stepsNeedingWork">;
  readonly jobs: Pick<JobStore, "get" | "pausedKinds">;
  readonly queue: AnalysisQueue;
  /** Queues the describing of faces that no detector found, and gives the id of its job. */
  readonly queueEmbedding: () => Promise<number>;
  readonly wantedSteps: () => Promise<Readonly<Partial<Record<Step, string>>>>;
}

export function createFaceRounds({
  faces,
  analyses,
  jobs,
  queue,
  queueEmbedding,
  wantedSteps,
}: FaceRoundsOptions): FaceRounds {
  /** The job once it has ended; undefined when it had not after `timeoutMs`. */
  async function whenEnded(jobId: number, timeoutMs: number, signal?: AbortSignal) {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      signal?.throwIfAborted();
      const job = await jobs.get(jobId);
      if (job === undefined || ["succeeded", "failed", "cancelled"].includes(job.state)) return job;
      // One that waits for its next attempt has failed as far as whoever waits for it is concerned.
      if (job.state === "queued" && job.errorCode !== undefined && job.runAfter > Date.now()) return job;
      if (performance.now() > deadline) return undefined;
      if (timeoutMs === Infinity) await checkNotPaused(job.kind);
      await sleep(POLL_MS);
    }
  }

  async function facesAfter(
    jobId: number,
    photoId: number,
    timeoutMs: number,
  ): Promise<readonly Face[] | undefined> {
    const job = await whenEnded(jobId, timeoutMs);
    if (job === undefined) return undefined;
    if (job.state === "succeeded") return faces.ofPhoto(photoId);
    throw new KeepsightError(
      (job.errorCode ?? "cancelled") as ErrorCode,
      job.errorReason ?? "The search for faces was cancelled.",
    );
  }

  /** Nobody should wait without end for what a person has stopped. */
  async function checkNotPaused(kind: string): Promise<void> {
    if (!(await jobs.pausedKinds()).includes(kind)) return;
    const what = kind === ANALYSE_JOB ? "Analysing photos" : `The queue "${kind}"`;
    throw new KeepsightError(
      "conflict",
      `${what} is paused: resume it on the jobs page; what was queued is done then.`,
    );
  }

  async function checkFacesAreWanted(): Promise<string> {
    const { faces: modelId } = await wantedSteps();
    if (modelId !== undefined) return modelId;
    throw new KeepsightError(
      "model_missing",
      "No model for finding faces is installed; `keepsight models list` shows what can be added.",
    );
  }

  async function countFaces(photoIds: readonly number[], minConfidence: number): Promise<number> {
    let total = 0;
    for (const photoId of photoIds)
      total += (await faces.ofPhoto(photoId)).filter(({ score }) => score >= minConfidence).length;
    return total;
  }

  const detectAll: FaceRounds["detectAll"] = async (photoIds, { signal, isWaiting, minConfidence = 0 }) => {
    await checkFacesAreWanted();
    const jobIds = await queue.add(photoIds, "backfill", { steps: ["faces"] });
    if (!isWaiting) return { processed: 0, errors: 0, totalFaces: 0 };
    let errors = 0;
    for (const jobId of jobIds) {
      const job = await whenEnded(jobId, Infinity, signal);
      if (job !== undefined && job.state !== "succeeded") errors++;
    }
    return { processed: photoIds.length, errors, totalFaces: await countFaces(photoIds, minConfidence) };
  };

  return {
    async detect(photoId, timeoutMs) {
      await checkFacesAreWanted();
      const [jobId] = await queue.add([photoId], "request", { steps: ["faces"] });
      const found = await facesAfter(jobId!, photoId, timeoutMs);
      return { jobId: jobId!, ...(found === undefined ? {} : { faces: found }) };
    },
    facesAfter,
    async findUnseen({ limit, offset }) {
      const wanted = { faces: await checkFacesAreWanted() };
      const found: number[] = [];
      for (let afterId = 0; found.length < offset + limit;) {
        const page = await analyses.stepsNeedingWork({
          wanted,
          retryFailed: false,
          leaveEnded: true,
          afterId,
          limit: PAGE,
        });
        if (page.length === 0) break;
        found.push(...page.map(({ photoId }) => photoId));
        afterId = page.at(-1)!.photoId;
      }
      return found.slice(offset, offset + limit);
    },
    detectAll,
    async describeAnew(photoIds) {
      if (photoIds.length === 0) return { processed: 0, errors: 0, totalFaces: 0 };
      // Before the search is waited for, which may be paused: what was drawn does not depend on it.
      await queueEmbedding();
      const done = await detectAll(photoIds, { isWaiting: true });
      // What was named and is not found again.
      await whenEnded(await queueEmbedding(), Infinity);
      return done;
    },
    async findOrphans(modelId, limit) {
      const [{ total }, orphans] = await Promise.all([faces.counts(), faces.orphans(modelId, limit)]);
      return { facesChecked: total, orphans };
    },
  };
}
