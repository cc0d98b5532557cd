import type { Logger } from "../../core/logger.ts";
import type { PhotoAnalysis } from "../../core/photo-analysis.ts";
import type { NewJob } from "../../database/jobs/job.ts";
import type { JobStore } from "../../database/jobs/job-store.ts";
import type { FaceRegionStore } from "../../database/people/face-regions.ts";
import type { FaceStore } from "../../database/people/face-store.ts";
import type { PrototypeStore } from "../../database/people/prototype-store.ts";
import type { SettingsStore } from "../../database/settings-store.ts";
import type { TextIndex } from "../../database/text-index.ts";
import type { Database } from "../../database/database.ts";
import type { JobHandler } from "../jobs/job-runner.ts";
import { type ClusterOptions, type DualOptions, type FaceClustering } from "./face-clustering.ts";
import { ASK_STRENGTH, type Recogniser, similarityOf } from "./recogniser.ts";
import type { FindAffected, PeopleChange } from "./find-affected.ts";
import type { EmbedFaces } from "./embed-faces.ts";
import type { FaceRounds } from "./face-rounds.ts";
import type { FaceVectors } from "./face-vectors.ts";
import type { KnownPersons } from "./known-persons.ts";
import type { Recognise } from "./recognise-faces.ts";
import type { TrainMatching, TrainMatchingOptions } from "./train-matching.ts";

/** Kinds of jobs that keep people up to date. */
export const RECOGNISE_JOB = "faces.recognise";
export const CLUSTER_JOB = "faces.cluster";
export const DUAL_JOB = "faces.cluster-dual";
export const CENTROIDS_JOB = "faces.centroids";
export const TIDY_PEOPLE_JOB = "faces.tidy";
export const REGIONS_JOB = "faces.regions";
export const EMBED_JOB = "faces.embed";
export const TRAIN_JOB = "faces.train";
export const BACKFILL_JOB = "faces.backfill";
/** Rounds that former releases queued for the night; the nights of this one are in `maintenance/`. */
const NIGHTLY_JOB = "faces.nightly";
export const REINDEX_JOB = "text.reindex";

/** Jobs that take in whatever came before they began: what comes later needs one more. */
const CATCHING_UP: readonly string[] = [RECOGNISE_JOB, TIDY_PEOPLE_JOB, REGIONS_JOB, EMBED_JOB];

/** People are grouped anew this long after photos came in, milliseconds; while more come, not more often than that. */
const TIDY_DELAY_MS = 30_000;
const TIDY_INTERVAL_MS = 10 * 60_000;

/** Setting: the newest face that a whole round has seen, and of which recogniser. */
const SEEN_SETTING = "people.lastRound";

/** Setting: what the last rounds did, for the user to see. */
const ROUNDS_SETTING = "people.rounds";

/** Photos whose text is indexed anew at a time. */
const REINDEX_PAGE = 200;

/** Photos with regions that are taken in at a time. */
const REGIONS_PAGE = 200;

/** A round of recognising and clustering, or why there was none. */
export type Round =
  | { readonly isSkipped: true; readonly reason: string }
  | {
      readonly isSkipped: false;
      readonly recognised: number;
      readonly clustersFound: number;
      readonly joined: number;
    };

/** The last rounds, for the user to see. Times are epoch milliseconds. */
export interface Rounds {
  readonly lastRun?: { readonly at: number; readonly recognised: number; readonly clustersFound: number };
  /** The last time that a round was due and there was nothing to do. */
  readonly lastSkip?: { readonly at: number; readonly reason: string };
}

/** Faces to be recognised, all of them unless it says otherwise. */
interface RecognisePayload {
  /** Found at this moment or later, epoch milliseconds. */
  readonly since?: number;
  readonly maxFaces?: number;
  /** Cosine similarity; the recogniser's own unless given. */
  readonly threshold?: number;
}

export interface PeopleUpkeepOptions {
  readonly database: Database;
  readonly jobs: JobStore;
  readonly faces: FaceStore;
  readonly regions: FaceRegionStore;
  readonly settings: SettingsStore;
  readonly textIndex: TextIndex;
  readonly prototypes: Pick<PrototypeStore, "clearOthers" | "lacking">;
  readonly known: KnownPersons;
  readonly recognise: Recognise;
  readonly clustering: FaceClustering;
  readonly recogniser: () => Promise<Recogniser | undefined>;
  readonly findAffected: FindAffected;
  readonly embedFaces: EmbedFaces;
  readonly train: TrainMatching;
  readonly rounds: FaceRounds;
  readonly vectors: FaceVectors;
  /** Learns anew from confirmed names what similarities mean in this library. */
  readonly calibrate: (signal?: AbortSignal) => Promise<void>;
  /** Photos that wait to be analysed. */
  readonly countWaiting: () => Promise<number>;
  readonly notify: () => void;
  readonly logger: Logger;
}

/** What keeps people right while photos come and humans decide. */
export interface PeopleUpkeep {
  /** A photo was analysed: names from its metadata are taken in, known people are recognised. */
  onStored(photoId: number, analysis: PhotoAnalysis): Promise<void>;
  /** Somebody was named, merged, …: others may be recognised by it now. Resolves once the work that follows is queued. */
  onDecided(kind?: string, change?: PeopleChange): Promise<void>;
  /** Another recogniser's embeddings are compared from now on: everybody is recognised anew. */
  onModelChanged(modelId: string): Promise<void>;
  /** When rounds last ran, or why not. */
  readRounds(): Promise<Rounds>;
  /** Recognises and clusters all; skipped when no face is new since the last round. */
  runRound(signal?: AbortSignal): Promise<Round>;
  /** Queues a job of one of the kinds above and gives its id. */
  queue(kind: string, payload?: unknown, runInMs?: number): Promise<number>;
  /** Queues what an earlier run left undone. */
  start(): Promise<void>;
  readonly handlers: Readonly<Record<string, JobHandler>>;
}

export function createPeopleUpkeep(options: PeopleUpkeepOptions): PeopleUpkeep {
  const { jobs, faces, regions, settings, known, recognise, clustering, recogniser, notify, logger } =
    options;
  const { embedFaces, train, rounds, vectors } = options;
  /** What was decided since the last look at it; `all` until it is known that an earlier run left nothing undone. */
  let changes: PeopleChange[] | "all" = "all";
  /** Of this process: a busy import waits its turn from the start on. */
  let lastRoundAt = Date.now();

  async function queue(kind: string, payload: unknown = {}, runInMs = 0): Promise<number> {
    const [jobId] = await queueAll([kind], payload, runInMs);
    return jobId!;
  }

  async function queueAll(kinds: readonly string[], payload: unknown = {}, runInMs = 0) {
    const wanted = kinds.map((kind): NewJob => ({
      kind,
      payload,
      dedupeKey: JSON.stringify(payload),
      followsRunning: CATCHING_UP.includes(kind),
      ...(runInMs > 0 ? { runAfter: Date.now() + runInMs } : {}),
    }));
    const queued = await jobs.enqueue(wanted);
    notify();
    return queued.map(({ id }) => id);
  }

  async function recognisePhotos(photoIds: readonly number[]): Promise<void> {
    const model = await recogniser();
    if (model === undefined) return;
    // Nobody is known in a new library: nothing to compare with.
    if ((await known.prototypes(model.modelId)).personIds.length === 0) return;
    await recognise({ modelId: model.modelId, photoIds }, model.matchThreshold);
  }

  async function takeInAll(signal: AbortSignal): Promise<void> {
    let taken = 0;
    for (let after = 0; ;) {
      const page = await regions.pending(after, REGIONS_PAGE);
      if (page.length === 0) break;
      for (const photoId of page) {
        signal.throwIfAborted();
        await regions.takeIn(photoId);
      }
      taken += page.length;
      after = page.at(-1)!;
    }
    if (taken > 0) await onDecided("face.draw");
  }

  async function recogniseAll(
    { since, maxFaces, threshold }: RecognisePayload,
    signal: AbortSignal,
    setProgress: (done: number) => Promise<void>,
  ): Promise<void> {
    const model = await recogniser();
    if (model === undefined) return;
    await recognise(
      { modelId: model.modelId, ...(since === undefined ? {} : { since }) },
      threshold ?? model.matchThreshold,
      maxFaces,
      { signal, onProgress: setProgress },
    );
  }

  /** Whether an earlier run left decisions of which nothing has followed yet: they drop prototypes as they are stored. */
  async function isBehind(): Promise<boolean> {
    const left = await jobs.count({ kinds: [RECOGNISE_JOB], states: ["queued", "running"] });
    const model = await recogniser();
    if (left > 0 || model === undefined) return left > 0;
    return (await options.prototypes.lacking(model.modelId)).length > 0;
  }

  /** Recognises people wherever what was decided lately may make a difference. */
  async function catchUp(signal: AbortSignal, setProgress: (done: number) => Promise<void>): Promise<void> {
    const taken = changes;
    changes = [];
    // An earlier run took them with its own.
    if (taken.length === 0) return;
    try {
      if (taken === "all") return await recogniseAll({}, signal, setProgress);
      const model = await recogniser();
      if (model === undefined) return;
      const change = {
        remodelled: taken.flatMap(({ remodelled }) => remodelled),
        photoIds: taken.flatMap(({ photoIds }) => photoIds),
      };
      const least = Math.min(model.matchThreshold, similarityOf(model, ASK_STRENGTH));
      const photoIds = await options.findAffected(model.modelId, change, least);
      await recognise({ modelId: model.modelId, photoIds }, model.matchThreshold, Infinity, {
        signal,
        onProgress: setProgress,
      });
    } catch (error) {
      // What was taken is not done, and what it was is forgotten.
      changes = "all";
      throw error;
    }
  }

  async function onDecided(kind?: string, change?: PeopleChange): Promise<void> {
    known.forget();
    if (change === undefined) changes = "all";
    else if (changes !== "all") changes.push(change);
    try {
      await queueAll(kind === "face.draw" ? [EMBED_JOB, RECOGNISE_JOB] : [RECOGNISE_JOB]);
    } catch (error) {
      // What was decided holds; the next decision or the next start makes up for it.
      logger.error({ err: error }, "recognising people could not be queued");
    }
  }

  /** What was drawn or marked is described, and recognised like what the detector found. */
  async function embedDrawn(
    signal: AbortSignal,
    setProgress: (done: number) => Promise<void>,
  ): Promise<void> {
    const { photoIds, failed } = await embedFaces(signal, setProgress);
    if (failed > 0) logger.warn({ failed }, "some faces could not be described");
    if (photoIds.length === 0) return;
    for (const photoId of photoIds) vectors.onChanged(photoId);
    known.forget();
    await recognisePhotos(photoIds);
  }

  /** Whether a human spoke of faces here that this search did not find, and that nobody has described. */
  async function hasUndescribed(photoId: number, { steps }: PhotoAnalysis): Promise<boolean> {
    if (steps.faces?.status !== "done") return false;
    const model = await recogniser();
    if (model === undefined) return false;
    return (await faces.withoutEmbedding(model.modelId, { limit: 1, photoId })).length > 0;
  }

  async function record(round: Round): Promise<void> {
    const before = await readRounds();
    const at = Date.now();
    const now: Rounds = round.isSkipped
      ? { ...before, lastSkip: { at, reason: round.reason } }
      : { ...before, lastRun: { at, recognised: round.recognised, clustersFound: round.clustersFound } };
    await settings.set(ROUNDS_SETTING, now);
  }

  async function readRounds(): Promise<Rounds> {
    return ((await settings.get(ROUNDS_SETTING)) ?? {}) as Rounds;
  }

  async function runRound(signal?: AbortSignal): Promise<Round> {
    const round = await runIfNeeded(signal);
    await record(round);
    return round;
  }

  async function runIfNeeded(signal?: AbortSignal): Promise<Round> {
    const modelId = (await recogniser())?.modelId;
    if (modelId === undefined) return { isSkipped: true, reason: "No face recogniser is installed." };
    // Faces drawn by hand are new twice: when they are drawn, and when they are described.
    const seen = {
      modelId,
      faceId: await faces.newestFaceId(),
      embedded: await faces.countEmbedded(modelId),
    };
    const before = (await settings.get(SEEN_SETTING)) as Partial<typeof seen> | undefined;
    if (
      before?.modelId === modelId &&
      before.faceId === seen.faceId &&
      (before.embedded ?? 0) >= seen.embedded
    ) {
      return { isSkipped: true, reason: "No new face since the last run." };
    }
    await options.calibrate(signal);
    const { matchThreshold } = (await recogniser())!;
    const context = signal === undefined ? {} : { signal };
    const { assigned } = await recognise({ modelId }, matchThreshold, Infinity, context);
    const { clustersFound } = await clustering.cluster({ method: "auto" }, signal);
    const joined = await clustering.recogniseClusters();
    await settings.set(SEEN_SETTING, seen);
    lastRoundAt = Date.now();
    return { isSkipped: false, recognised: assigned, clustersFound, joined };
  }

  async function reindex(photoIds: readonly number[], signal: AbortSignal): Promise<void> {
    for (let start = 0; start < photoIds.length; start += REINDEX_PAGE) {
      signal.throwIfAborted();
      const page = photoIds.slice(start, start + REINDEX_PAGE);
      await options.database.writes
        .transaction()
        .execute((transaction) => options.textIndex.update(transaction, page));
    }
  }

  const one = { concurrency: 1 };
  return {
    queue,
    onDecided,
    runRound,
    readRounds,
    async onModelChanged(modelId) {
      known.forget();
      changes = "all";
      await options.prototypes.clearOthers(modelId);
      await queue(EMBED_JOB);
      await queue(RECOGNISE_JOB);
      await queue(TIDY_PEOPLE_JOB, {}, TIDY_DELAY_MS);
    },
    async onStored(photoId, analysis) {
      vectors.onChanged(photoId);
      if ((analysis.metadata?.faceRegions.length ?? 0) > 0) {
        await regions.takeIn(photoId);
        known.forget();
        await queue(EMBED_JOB);
      } else if (await hasUndescribed(photoId, analysis)) await queue(EMBED_JOB);
      if (analysis.faces.length === 0) return;
      await recognisePhotos([photoId]);
      await queue(TIDY_PEOPLE_JOB, {}, TIDY_DELAY_MS);
    },
    async start() {
      if (await isBehind()) await queue(RECOGNISE_JOB);
      else changes = [];
      await queue(REGIONS_JOB);
      await queue(EMBED_JOB);
      await queue(TIDY_PEOPLE_JOB, {}, TIDY_DELAY_MS);
    },
    handlers: {
      [RECOGNISE_JOB]: {
        ...one,
        async run({ payload }, { signal, setProgress }) {
          const wanted = payload as RecognisePayload;
          if (Object.keys(wanted).length > 0) return recogniseAll(wanted, signal, setProgress);
          await catchUp(signal, setProgress);
        },
      },
      [CLUSTER_JOB]: {
        ...one,
        run: async ({ payload }, { signal }) => {
          await clustering.cluster(payload as ClusterOptions, signal);
        },
      },
      [DUAL_JOB]: {
        ...one,
        run: async ({ payload }, { signal }) => {
          await clustering.clusterDual(payload as DualOptions, signal);
        },
      },
      [CENTROIDS_JOB]: {
        ...one,
        async run() {
          const model = await recogniser();
          if (model !== undefined) await known.recompute(model.modelId);
        },
      },
      [TIDY_PEOPLE_JOB]: {
        ...one,
        async run(_, { signal }) {
          const isBusy = (await options.countWaiting()) > 0;
          if (isBusy && Date.now() - lastRoundAt < TIDY_INTERVAL_MS) {
            await queue(TIDY_PEOPLE_JOB, {}, TIDY_DELAY_MS);
            return;
          }
          const round = await runRound(signal);
          logger.info(round, round.isSkipped ? "people are up to date" : "people were grouped");
        },
      },
      [NIGHTLY_JOB]: {
        ...one,
        async run(_, { signal }) {
          const round = await runRound(signal);
          logger.info(round, round.isSkipped ? "the nightly round was skipped" : "the nightly round is done");
        },
      },
      [EMBED_JOB]: { ...one, run: (_, { signal, setProgress }) => embedDrawn(signal, setProgress) },
      [TRAIN_JOB]: {
        ...one,
        async run({ payload }, { signal, setProgress }) {
          const wanted = payload as TrainMatchingOptions;
          const { verdict } = await train(wanted, {
            signal,
            onEpoch: (epochs) => void setProgress(epochs, wanted.epochs).catch(() => {}),
          });
          logger.info(
            verdict,
            verdict.isAccepted ? "a trained head is used" : "the trained head is not used",
          );
          if (verdict.isAccepted) await onDecided();
        },
      },
      [BACKFILL_JOB]: {
        ...one,
        async run({ payload }, { signal }) {
          const photoIds = await rounds.findUnseen(payload as { limit: number; offset: number });
          await rounds.detectAll(photoIds, { signal, isWaiting: false });
        },
      },
      [REGIONS_JOB]: { ...one, run: (_, { signal }) => takeInAll(signal) },
      [REINDEX_JOB]: {
        ...one,
        run: ({ payload }, { signal }) =>
          reindex((payload as { photoIds: readonly number[] }).photoIds, signal),
      },
    },
  };
}
