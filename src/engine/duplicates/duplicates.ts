import type { PhotoAnalysis } from "../../core/photo-analysis.ts";
import { DUPLICATE_DECISIONS, type DuplicateDecision } from "../../core/duplicate-decision.ts";
import { NOT_WANTED } from "../../core/photo-analysis.ts";
import { KeepsightError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { AnalysisStore } from "../../database/analysis-store.ts";
import type { Database } from "../../database/database.ts";
import {
  createDuplicateDecisions,
  type DuplicateChange,
} from "../../database/duplicates/duplicate-decisions.ts";
import { createDuplicateStore, type DuplicateStore } from "../../database/duplicates/duplicate-store.ts";
import { createFeatureStore } from "../../database/duplicates/feature-store.ts";
import { createInheritor } from "../../database/duplicates/inherit.ts";
import { planInheritance } from "../../database/duplicates/plan-inheritance.ts";
import { createTrashStore } from "../../database/duplicates/trash-store.ts";
import type { FingerprintStore } from "../../database/fingerprint-store.ts";
import type { JobStore } from "../../database/jobs/job-store.ts";
import { createPeopleIndexing } from "../../database/people/index-people.ts";
import type { Photo, PhotoStore } from "../../database/photo-store.ts";
import { createSettingsStore } from "../../database/settings-store.ts";
import type { TextIndex } from "../../database/text-index.ts";
import type { DecodeLimits } from "../../image/decode-limits.ts";
import type { Undoer } from "../history/history.ts";
import type { JobHandler } from "../jobs/job-runner.ts";
import { REINDEX_JOB } from "../people/people-upkeep.ts";
import type { PhotoVectors } from "../search/photo-vectors.ts";
import { type CheckWish, createPhotoChecker } from "./check-photo.ts";
import { chooseKeeper } from "./choose-keeper.ts";
import { createCopyFinder, type PhotoPlace } from "./copy-finder.ts";
import { createCopyThread } from "./copy-thread.ts";
import {
  createDuplicateSettings,
  type DuplicateSettings,
  type DuplicateSettingsChange,
} from "./duplicate-settings.ts";
import { FEATURES_VERSION } from "./feature-bytes.ts";
import { createMatchFinder, type Match, type SoughtPhoto } from "./find-matches.ts";
import { createPlacing } from "./place-photo.ts";
import { type BulkWish, createGroupResolving, type GroupResolving } from "./resolve-groups.ts";
import { createScanHandler, SCAN_DUPLICATES_JOB, type ScanWish } from "./scan-job.ts";
import { createTrash } from "./trash.ts";

/** Resolves many groups by rules. */
export const RESOLVE_DUPLICATES_JOB = "resolve-duplicates";

/** Suggests keepers anew after the rules changed. */
export const RANK_DUPLICATES_JOB = "rank-duplicates";

/** Groups whose keeper is suggested anew in one transaction. */
const RANK_PAGE = 200;

/** Photos that belong together, and everything that can be done about them. */
export interface Duplicates {
  readonly groups: Pick<
    DuplicateStore,
    "list" | "count" | "get" | "members" | "groupsOf" | "apartFrom" | "stats"
  >;
  readonly resolving: Pick<GroupResolving, "plan" | "planBulk" | "resolve">;
  settings(): DuplicateSettings;
  /** Keepers are suggested anew in the background. */
  changeSettings(change: DuplicateSettingsChange): Promise<DuplicateSettings>;
  merge(groupIds: readonly number[], actor: string): Promise<DuplicateChange>;
  split(groupId: number, photoIds: readonly number[], actor: string): Promise<DuplicateChange>;
  dismiss(groupId: number, actor: string): Promise<DuplicateChange>;
  /** Photos of different parts are no duplicates of each other, grouped or not. */
  tellApart(parts: readonly (readonly number[])[], actor: string): Promise<DuplicateChange>;
  readonly undoer: Undoer;
  /** What is like a photo of the library, surest first; nothing is put into groups. `not_found` for an unknown one. */
  findByPhoto(photoId: number, wish: FindWish): Promise<Found>;
  /** What is like a picture that is none of the library's. */
  findByPicture(picture: PictureToFind, wish: FindWish): Promise<Found>;
  /** Queues a scan and gives its job. */
  queueScan(wish?: ScanWish): Promise<number>;
  /** Queues resolving by rules and gives its job. */
  queueResolve(wish: BulkWish, actor: string): Promise<number>;
  /** A photo was analysed: it is compared with all others. */
  onStored(photo: Photo, analysis: PhotoAnalysis, wish?: CheckWish): Promise<void>;
  readonly handlers: Readonly<Record<string, JobHandler>>;
  /** Queues what an earlier run left undone. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** How alike is enough, and how many matches are wanted. */
export interface FindWish {
  /** Cosine similarity. */
  readonly threshold: number;
  readonly limit: number;
}

/** A picture from elsewhere, with what was found out about it. */
export interface PictureToFind {
  readonly path: string;
  readonly thumbnailPath: string;
  readonly byteSize: number;
  readonly imohash: string;
  readonly pdq?: string;
  readonly pdqQuality?: number;
  readonly embedding?: Float32Array;
  /** The model of the embedding. */
  readonly modelId?: string;
}

/** What is like a picture. */
export interface Found {
  readonly imohash: string | undefined;
  readonly matches: readonly Match[];
}

export interface DuplicatesOptions {
  readonly database: Database;
  readonly photos: PhotoStore;
  readonly analyses: AnalysisStore;
  readonly fingerprints: FingerprintStore;
  readonly jobs: JobStore;
  readonly textIndex: TextIndex;
  readonly vectors: PhotoVectors;
  /** Resolves when the embeddings that are searched have been loaded. */
  readonly loadVectors: () => Promise<void>;
  readonly thumbnailPath: (photo: PhotoPlace) => string;
  readonly limits: DecodeLimits;
  readonly trashDirectory: string;
  readonly notify: () => void;
  /** Groups changed, and photos came into sight or went out of it. */
  readonly onChanged: (change: { readonly isSightChanged: boolean }) => void;
  readonly logger: Logger;
}

/** The duplicates of one library. */
export async function createDuplicates(options: DuplicatesOptions): Promise<Duplicates> {
  const { database, photos, analyses, fingerprints, jobs, vectors, notify, onChanged, logger } = options;
  const settings = createDuplicateSettings(createSettingsStore({ database }));
  await settings.load();
  const choose = (copies: readonly Photo[]) => chooseKeeper(copies, settings.current().keeper);
  const features = createFeatureStore({ database, version: FEATURES_VERSION });
  const groups = createDuplicateStore({ database, choose });
  const thread = createCopyThread(() => ({
    limits: options.limits,
    maxDistance: settings.current().copyDistance,
    minQuality: settings.current().minHashQuality,
  }));
  const finder = createCopyFinder({ features, thread, thumbnailPath: options.thumbnailPath });
  const matches = createMatchFinder({ photos, fingerprints, duplicates: groups, finder, vectors });
  const checker = createPhotoChecker({
    photos,
    analyses,
    features,
    duplicates: groups,
    finder,
    vectors,
    settings: settings.current,
    place: createPlacing({ photos, duplicates: groups, matches }),
  });
  const onPhotosChanged = createPeopleIndexing({
    textIndex: options.textIndex,
    jobs,
    jobKind: REINDEX_JOB,
  });
  const decisions = createDuplicateDecisions({
    database,
    choose,
    inherit: createInheritor(onPhotosChanged),
  });
  const trash = createTrash({
    directory: options.trashDirectory,
    photos,
    store: createTrashStore({ database }),
    logger,
  });

  async function settle({ photoIds }: DuplicateChange): Promise<void> {
    groups.forgetCounts();
    if (photoIds.length > 0) await finder.onSightChanged(await photos.getMany(photoIds));
    onChanged({ isSightChanged: photoIds.length > 0 });
  }

  const resolving = createGroupResolving({
    duplicates: groups,
    decisions,
    planInheritance: (copies) => planInheritance(database.reads, copies),
    trash,
    rules: () => settings.current().keeper,
    onChanged: settle,
  });

  async function decide(decision: DuplicateDecision, actor: string): Promise<DuplicateChange> {
    const change = await decisions.decide(decision, actor);
    await settle(change);
    return change;
  }

  async function queue(kind: string, payload: unknown): Promise<number> {
    const [job] = await jobs.enqueue([{ kind, payload, dedupeKey: JSON.stringify(payload) }]);
    notify();
    return job!.id;
  }

  async function findAll(sought: SoughtPhoto, { threshold, limit }: FindWish): Promise<readonly Match[]> {
    const found = [
      ...(await matches.findExact(sought)),
      ...(await matches.findCopies(sought)),
      ...(await matches.findNear(sought, { threshold })),
      ...(await matches.findBurst(sought)),
    ];
    const best = new Map<number, Match>();
    for (const match of found) if (!best.has(match.photo.id)) best.set(match.photo.id, match);
    return [...best.values()].slice(0, limit);
  }

  return {
    groups,
    resolving,
    settings: settings.current,
    async changeSettings(change) {
      const { copyDistance, minHashQuality } = settings.current();
      const changed = await settings.change(change);
      if (changed.copyDistance !== copyDistance || changed.minHashQuality !== minHashQuality) {
        // The next question starts another thread, with the new limits.
        await finder.close();
      }
      await queue(RANK_DUPLICATES_JOB, { keeper: changed.keeper });
      return changed;
    },
    merge: (groupIds, actor) => decide({ kind: "duplicate.merge", groupIds }, actor),
    split: (groupId, photoIds, actor) => decide({ kind: "duplicate.split", groupId, photoIds }, actor),
    dismiss: (groupId, actor) => decide({ kind: "duplicate.dismiss", groupId }, actor),
    tellApart: (parts, actor) => decide({ kind: "duplicate.apart", parts }, actor),
    undoer: {
      kinds: DUPLICATE_DECISIONS,
      async undo(decisionId, actor) {
        const change = await decisions.undo(decisionId, actor);
        await trash.settle();
        await settle(change);
        return { decisionId: change.decision.id, facesChanged: 0 };
      },
    },
    async findByPhoto(photoId, wish) {
      const photo = await photos.get(photoId);
      if (photo === undefined || (photo.hiddenAt !== undefined && photo.duplicateOf === undefined))
        throw new KeepsightError("not_found", `There is no photo ${photoId} in the library.`);
      const sought = await checker.describe(photo);
      return {
        imohash: sought?.imohash,
        matches: sought === undefined ? [] : await findAll(sought, wish),
      };
    },
    async findByPicture({ path, thumbnailPath, byteSize, imohash, embedding, modelId, ...hash }, wish) {
      const picture = await finder.describeFile(thumbnailPath, hash);
      // Embeddings of different models are never compared.
      const own = modelId === vectors.index()?.modelId ? embedding : undefined;
      const sought = { path, byteSize, imohash, picture, embedding: own };
      return { imohash, matches: await findAll(sought, wish) };
    },
    queueScan: (wish = {}) => queue(SCAN_DUPLICATES_JOB, wish),
    queueResolve: (wish, actor) => queue(RESOLVE_DUPLICATES_JOB, { ...wish, actor }),
    async onStored(photo, { steps }, wish) {
      if (steps.duplicates?.errorCode === NOT_WANTED) return;
      if ((await analyses.unwantedSteps(photo.id)).includes("duplicates")) return;
      try {
        const changed = await checker.check(photo.id, wish);
        if (changed.length > 0) onChanged({ isSightChanged: false });
      } catch (error) {
        // On record as a failed step; the photo itself is fine, and the next scan looks again.
        logger.warn({ err: error, photoId: photo.id }, "a photo could not be compared with the others");
      }
    },
    handlers: {
      [SCAN_DUPLICATES_JOB]: createScanHandler({
        features,
        check: checker.check,
        loadVectors: options.loadVectors,
        onChanged: () => onChanged({ isSightChanged: false }),
        logger,
      }),
      [RESOLVE_DUPLICATES_JOB]: {
        concurrency: 1,
        async run({ payload }, { signal, setProgress }) {
          const { actor, ...wish } = payload as BulkWish & { readonly actor: string };
          await resolving.resolveBulk(wish, actor, { signal, onProgress: setProgress });
        },
      },
      [RANK_DUPLICATES_JOB]: {
        concurrency: 1,
        async run(_job, { signal }) {
          for (let after: number | undefined = 0; after !== undefined;) {
            signal.throwIfAborted();
            after = await groups.refreshSome(after, RANK_PAGE);
          }
          onChanged({ isSightChanged: false });
        },
      },
    },
    async start() {
      await trash.settle();
      if ((await features.listUnchecked({ afterId: 0, limit: 1 })).length > 0)
        await queue(SCAN_DUPLICATES_JOB, {});
    },
    close: finder.close,
  };
}
