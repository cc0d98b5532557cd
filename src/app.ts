import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "./config.ts";
import { KeepsightError } from "./core/errors.ts";
import type { Logger } from "./core/logger.ts";
import { createServingStore } from "./database/serving-store.ts";
import { createSidecarStore } from "./database/sidecar-store.ts";
import { createAnalysisStore } from "./database/analysis-store.ts";
import { type Database, DATABASE_FILE, openDatabase } from "./database/database.ts";
import { createDecidedSettings, createEvaluationStore, readHumanTags } from "./database/evaluation-store.ts";
import { createEmbeddingStore } from "./database/embedding-store.ts";
import { createMaintenanceStore } from "./database/maintenance-store.ts";
import { optimiseDatabase } from "./database/sqlite/optimise-database.ts";
import { createFingerprintStore } from "./database/fingerprint-store.ts";
import { createFolderStore } from "./database/folder-store.ts";
import { createJobStore } from "./database/job-store.ts";
import { createPersonStore } from "./database/people/person-store.ts";
import { createPhotoStore } from "./database/photo-store.ts";
import { createPhotoVisibility } from "./database/photo-visibility.ts";
import { acquireLibraryLock, type LibraryLock } from "./database/sqlite/library-lock.ts";
import { createSqliteTextIndex } from "./database/sqlite/sqlite-text-index.ts";
import { createTagStore } from "./database/tag-store.ts";
import { createMemoryVectorIndex } from "./database/vector-index/memory-vector-index.ts";
import { createAlbums } from "./engine/albums/albums.ts";
import { backUp } from "./engine/backup/back-up.ts";
import { finishRestore } from "./engine/backup/restore.ts";
import { createMaintenance } from "./engine/maintenance/maintenance.ts";
import { createMade } from "./engine/made/made.ts";
import { createSidecarWriter } from "./engine/made/write-sidecars.ts";
import { createMadeStore } from "./database/made/made-store.ts";
import { createOrphanSearch } from "./engine/maintenance/find-orphans.ts";
import { createAnalyserPool, type AnalyserPool } from "./engine/analyser/analyser-pool.ts";
import type { AnalyserSettings } from "./engine/analyser/analyser-protocol.ts";
import { createAnalyserWorker } from "./engine/analyser/analyser-worker.ts";
import { benchMachine, type BenchOptions } from "./engine/doctor-bench/bench-machine.ts";
import type { BenchReport } from "./engine/doctor-bench/bench-report.ts";
import { diagnose } from "./engine/doctor.ts";
import { createAnalysePhotoHandler } from "./engine/import/analyse-photo-job.ts";
import { ANALYSE_JOB, createAnalysisQueue } from "./engine/import/analysis-queue.ts";
import { createBackfill } from "./engine/import/backfill.ts";
import { createLibraryFolders, SCAN_JOB } from "./engine/import/library-folders.ts";
import { createLiveStatus } from "./engine/import/live-status.ts";
import {
  createReadMetadataHandler,
  queueReadMetadata,
  READ_METADATA_JOB,
} from "./engine/import/read-metadata-job.ts";
import { createFileReconciler } from "./engine/import/reconcile-files.ts";
import { createFolderTending } from "./engine/import/tend-folders.ts";
import {
  createTidyHandler,
  removeFormerDerivatives,
  tidyDerivatives,
  TIDY_JOB,
} from "./engine/import/tidy-derivatives.ts";
import { createUploads } from "./engine/import/upload-photo.ts";
import { createDuplicates } from "./engine/duplicates/duplicates.ts";
import { createOwnEvaluation, readMatchThreshold } from "./engine/evaluation/own-grades.ts";
import { createTeaching } from "./engine/concepts/teaching.ts";
import { createFaceThumbnails } from "./engine/face-thumbnails.ts";
import { createInstalledModels } from "./engine/installed-models.ts";
import { createJobOverview } from "./engine/jobs/job-overview.ts";
import { createJobRunner } from "./engine/jobs/job-runner.ts";
import { checkInference } from "./engine/inference/check-inference.ts";
import { createLibraryEvents } from "./engine/library-events.ts";
import { createLibraryStats } from "./engine/library-stats.ts";
import type { Library } from "./engine/library.ts";
import { createMeasurements, createStepTimes } from "./engine/measurements.ts";
import { createModelLibrary, PULL_JOB } from "./engine/model-library.ts";
import { createPeople } from "./engine/people/people.ts";
import { createPhotoLibrary } from "./engine/photo-library.ts";
import {
  quantizeModel,
  type QuantizedModel,
  type QuantizeOptions,
} from "./engine/quantize/quantize-model.ts";
import { createTextReading } from "./engine/read-text.ts";
import { createPhotoVectors } from "./engine/search/photo-vectors.ts";
import { createQueryEncoder } from "./engine/search/query-encoder.ts";
import { cacheAnswers } from "./engine/search/answer-cache.ts";
import { createSearching } from "./engine/search/searching.ts";
import { createFacesTogether } from "./engine/search/faces-together.ts";
import { createSimilarPhotos } from "./engine/search/similar-photos.ts";
import { createServingModels } from "./engine/serving-models.ts";
import { type DecodeLimits, DEFAULT_DECODE_LIMITS } from "./image/decode-limits.ts";
import { loadCatalog } from "./onnx/catalog.ts";
import { createModelStore, type ModelStore } from "./onnx/model-store.ts";
import { createServer } from "./server/create-server.ts";
import { callOwnServer, callRunningServer } from "./server/library-api.ts";
import { listen } from "./server/listen.ts";
import { findServerAddress, noteServerAddress } from "./server/server-address.ts";
import { chooseModels, type VisionModels } from "./vision/choose-models.ts";

/** Analysers leave the cores to whoever waits for an answer. */
const ANALYSER_NICENESS = 19;

/** The text encoder holds hundreds of megabytes: it leaves after this long without a query, milliseconds. */
const ENCODER_IDLE_MS = 5 * 60_000;
const ENCODER_THREADS = 2;

/** Analysers hold their models; without work for this long they leave, and a new photo waits a second for them, milliseconds. */
const ANALYSER_IDLE_MS = 60_000;

/**
 * Running jobs get this long to end by themselves when the program stops, milliseconds: with the answers under way (2 s)
 * less than the 5 s after which a person or a supervisor loses patience. What is cut short is done again.
 */
const STOP_GRACE_MS = 1500;

/** How soon it is noticed that the library was deleted or moved away, milliseconds. */
const PRESENCE_MS = 2000;

const ANALYSER_ENTRY = new URL("./engine/analyser/analyser-process.ts", import.meta.url);
const WEB_DIRECTORY = fileURLToPath(new URL("../web/dist", import.meta.url));

/** The models of this machine, as configured. */
export function createModels({
  dataDirectory,
  models,
  inference,
}: Pick<Config, "dataDirectory" | "models" | "inference">): ModelStore {
  return createModelStore({
    catalog: loadCatalog(),
    modelDirectory: join(dataDirectory, "models"),
    localDirectories: models.localDirectories,
    offline: models.isOffline,
    mirror: models.mirror,
    huggingFace: models.huggingFace,
    servedModelIds: inference?.modelIds,
    fetch,
  });
}

function toDecodeLimits({ limits: { maxPixels, maxFileBytes: maxBytes } }: Config): DecodeLimits {
  return { ...DEFAULT_DECODE_LIMITS, maxPixels, maxBytes };
}

function toAnalyserSettings(config: Config, models: VisionModels): AnalyserSettings {
  const { formats, thumbnailSize, previewSize } = config;
  const limits = toDecodeLimits(config);
  return {
    models,
    inference: config.inference,
    threads: 1,
    niceness: ANALYSER_NICENESS,
    limits,
    formats,
    thumbnailSize,
    previewSize,
    cacheDirectory: join(config.dataDirectory, "models", "cache"),
  };
}

/** Analyser processes without a library, as `inspect` uses them: as many as configured, or `count`. */
export async function openPool(
  config: Config,
  logger: Logger,
  count = config.analysers.count,
): Promise<AnalyserPool> {
  const { models } = await chooseModels(createModels(config));
  const { timeoutMs, maxMemoryBytes } = config.analysers;
  const settings = toAnalyserSettings(config, models);
  return createAnalyserPool(count, { entry: ANALYSER_ENTRY, settings, timeoutMs, maxMemoryBytes, logger });
}

/**
 * Opens the library in the configured data directory. `owning` takes its lock and may work on it (`library_locked` while
 * another process does); `reading` only looks, beside a server that owns it.
 */
export async function openLibrary(
  config: Config,
  logger: Logger,
  access: "owning" | "reading",
): Promise<Library> {
  const { dataDirectory } = config;
  await prepareDataDirectory(dataDirectory, access);
  const lock = access === "owning" ? acquireLibraryLock(dataDirectory) : undefined;
  if (lock?.wasTakenOver) logger.warn("the last run did not end properly; what it left undone goes on now");
  try {
    if (lock !== undefined) await finishRestore(dataDirectory);
    const database = await openDatabase({ directory: dataDirectory, isReadOnly: access === "reading" });
    try {
      const library = await wireLibrary(config, logger, database, lock);
      if (lock?.wasTakenOver) await library.queueTidying();
      return library;
    } catch (error) {
      await database.close();
      throw error;
    }
  } catch (error) {
    lock?.release();
    throw error;
  }
}

/** Makes the directory of a library to be worked on; one that is only read must be there. */
async function prepareDataDirectory(path: string, access: "owning" | "reading"): Promise<void> {
  if (access === "reading") {
    if (existsSync(join(path, DATABASE_FILE))) return;
    throw new KeepsightError(
      "not_found",
      `There is no library in ${path} yet; \`keepsight import FOLDER\` makes one. (--data-dir names another place.)`,
    );
  }
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw new KeepsightError(
      "config_invalid",
      `The data directory ${path} cannot be made (${(error as Error).message}); choose another with --data-dir.`,
      { cause: error },
    );
  }
}

/**
 * Looks from time to time whether the library that this process owns is still where it was: SQLite would go on reading and
 * writing files that were deleted, and everything acknowledged from then on would be lost.
 */
function watchPresence(dataDirectory: string, lock: LibraryLock | undefined) {
  const { promise: whenLost, reject } = Promise.withResolvers<never>();
  // Whoever does not ask must not fall over it.
  whenLost.catch(() => {});
  const timer = setInterval(() => {
    if (lock?.isInPlace() !== false) return;
    reject(
      new KeepsightError(
        "unavailable",
        `The library is gone: ${dataDirectory} was deleted or moved while it was in use.`,
      ),
    );
  }, PRESENCE_MS);
  return { whenLost, stop: () => clearInterval(timer) };
}

function createExactIndex(modelId: string, dimensions: number) {
  return createMemoryVectorIndex({ modelId, dimensions, precision: "f32" });
}

/** Objects are several times as many as photos: a quarter of the memory, and the same answers. */
function createCompactIndex(modelId: string, dimensions: number) {
  return createMemoryVectorIndex({ modelId, dimensions, precision: "int8" });
}

/** Every part of a library, and how they hang together. */
async function wireLibrary(
  config: Config,
  logger: Logger,
  database: Database,
  lock: LibraryLock | undefined,
): Promise<Library> {
  const { dataDirectory } = config;
  const presence = watchPresence(dataDirectory, lock);
  const textIndex = createSqliteTextIndex({ database });
  const photos = createPhotoStore({ database, textIndex });
  const analyses = createAnalysisStore({ database, textIndex });
  const tags = createTagStore({ database, textIndex });
  const persons = createPersonStore({ database });
  const jobs = createJobStore({ database });
  const folderStore = createFolderStore({ database });
  const visibility = createPhotoVisibility({ database });
  const fingerprints = createFingerprintStore({ database });
  const embeddings = createEmbeddingStore({ database });

  const events = createLibraryEvents();
  const stepTimes = createStepTimes();
  const liveStatus = createLiveStatus();
  const notify = () => runner.notify();
  const queue = createAnalysisQueue(jobs, notify);
  const sidecars = createSidecarStore({ database });
  const reconciler = createFileReconciler({
    photos,
    sidecars,
    queue,
    queueMetadata: (photoIds) => queueReadMetadata(jobs, photoIds, notify),
  });
  const folders = createLibraryFolders({
    folders: folderStore,
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
  const tending = createFolderTending({ store: folderStore, folders, photos, visibility, events });
  const models = createModelLibrary({
    store: createModels(config),
    jobs,
    events,
    notify,
    onChanged: useNewModels,
  });
  const photoLibrary = createPhotoLibrary({
    dataDirectory,
    photos,
    analyses,
    queue,
    liveStatus,
    events,
  });

  const faceThumbnails = createFaceThumbnails({
    dataDirectory,
    photos: photoLibrary,
    analyses,
    limits: toDecodeLimits(config),
  });

  const settings = toAnalyserSettings(config, (await models.chosen()).models);
  const { count, timeoutMs, maxMemoryBytes } = config.analysers;
  const processes = { entry: ANALYSER_ENTRY, timeoutMs, maxMemoryBytes, logger };
  const pool = createAnalyserPool(count, { ...processes, settings, idleMs: ANALYSER_IDLE_MS });
  const encoderSettings = { ...settings, threads: ENCODER_THREADS, niceness: 0 };
  const encoder = createQueryEncoder(
    createAnalyserWorker({ ...processes, settings: encoderSettings, idleMs: ENCODER_IDLE_MS }),
    settings.models,
  );
  const serving = createServingModels({
    store: createServingStore({ database }),
    wanted: models.embeddingModels,
    async serve(kind, modelId, commit) {
      if (kind === "face") return commit();
      const clip = await models.resolve(modelId);
      await vectors.load(modelId, async () => {
        await commit();
        // Before the embeddings change, not after: a text of the new model is not ready before they are.
        encoder.useModels(clip === undefined ? {} : { clip });
      });
    },
    onChanged: async (kind, modelId) => {
      if (kind === "face") await people.upkeep.onModelChanged(modelId);
      else await teaching.catchUp();
    },
    logger,
  });
  const vectors = createPhotoVectors({
    embeddings,
    createIndex: createExactIndex,
    onChange: database.changes.note,
  });
  const teaching = createTeaching({
    database,
    jobs,
    textIndex,
    photos,
    vectors,
    loadVectors,
    encoder,
    notify,
    onChanged: () => events.publish({ type: "library", reason: "concepts-changed" }),
  });

  const searching = createSearching({
    database,
    photos,
    analyses,
    embeddings,
    jobs,
    textIndex,
    vectors,
    encoder,
    teaching,
    createObjectIndex: createCompactIndex,
    notify,
  });

  // Beside a server that writes, what was found a moment ago may be wrong, and nobody says so.
  const search = cacheAnswers(searching.search, {
    changes: lock === undefined ? undefined : database.changes.current,
  });

  const duplicates = await createDuplicates({
    database,
    photos,
    analyses,
    fingerprints,
    jobs,
    textIndex,
    vectors,
    loadVectors,
    thumbnailPath: (photo) => photoLibrary.pathOfDerivative(photo, "thumbnail"),
    limits: settings.limits,
    trashDirectory: join(dataDirectory, "trash"),
    notify,
    onChanged: ({ isSightChanged }) => {
      events.publish({ type: "duplicates" });
      if (isSightChanged) events.publish({ type: "library", reason: "photos-removed" });
    },
    logger,
  });

  const albums = createAlbums({
    database,
    jobs,
    textIndex,
    tags,
    events,
    servingModel: serving.modelId,
    notify,
    logger,
  });
  const decidedSettings = createDecidedSettings({ database });
  const evaluation = createOwnEvaluation({
    store: createEvaluationStore({ database }),
    settings: decidedSettings,
    jobs,
    // People come later, and read a threshold from here.
    faces: { embedded: (selection) => people.faces.embedded(selection) },
    persons,
    readTags: (limit) => readHumanTags(database, limit),
    concepts: teaching.store,
    vectors,
    drawPhotos: teaching.backgrounds.drawPhotos,
    search: searching.search,
    recogniser: () => people.recogniser(),
    notify,
    onSettingChanged: () => void people.upkeep.onDecided(),
  });
  const people = createPeople({
    database,
    persons,
    jobs,
    textIndex,
    photos,
    analyses,
    embeddings,
    queue,
    pool,
    wantedSteps: models.stepModels,
    analyserModelId: async () => (await models.chosen()).models["face-recognition"]?.model.id,
    resolveModel: models.resolve,
    createIndex: createExactIndex,
    headDirectory: join(dataDirectory, "face-heads"),
    incomingDirectory: join(dataDirectory, "uploads", "incoming"),
    limits: settings.limits,
    maxUploadBytes: config.limits.maxUploadBytes,
    faceModel: async () => {
      const modelId = serving.modelId("face");
      if (modelId === undefined) return (await models.chosen()).models["face-recognition"];
      return models.resolve(modelId);
    },
    countWaiting: async () => {
      const counts = await jobs.counts();
      return counts.find(({ kind, state }) => kind === ANALYSE_JOB && state === "queued")?.count ?? 0;
    },
    notify,
    undoers: [albums.undoer, tending.undoer, teaching.undoer, duplicates.undoer, evaluation.undoer],
    chosenThreshold: (modelId) => readMatchThreshold(decidedSettings, modelId),
    onChanged: () => events.publish({ type: "people" }),
    logger,
  });

  const maintenance = createMaintenance({
    store: createMaintenanceStore({ database }),
    jobs,
    auto: albums.auto,
    runPeopleRound: people.upkeep.runRound,
    computeCentroids: async () => {
      const modelId = await people.modelId();
      return modelId === undefined ? undefined : people.known.recompute(modelId);
    },
    backfill: () => backfill(),
    grade: async (signal) => {
      const { result } = await evaluation.run(signal);
      return Object.fromEntries(result.grades.map(({ subject, labels }) => [subject, labels]));
    },
    findOrphans: createOrphanSearch({
      database,
      photos,
      rescan: async () => void (await folders.scanAll()),
      thumbnailPath: (photo) => photoLibrary.pathOfDerivative(photo, "thumbnail"),
      remakePictures: async (photoIds) =>
        void (await queue.add(photoIds, "backfill", { steps: ["preprocessing"] })),
      tidyPictures: (fix, signal) => tidyDerivatives({ dataDirectory, photos, analyses }, fix, signal),
      findBareFaces: async (fix) => {
        const modelId = await people.modelId();
        if (modelId === undefined) return { faceIds: [], isFixed: false };
        const { orphans } = await people.rounds.findOrphans(modelId, 10_000);
        if (fix) {
          const bare = new Set(orphans.map(({ photoId }) => photoId));
          await queue.add([...bare], "backfill", { steps: ["faces"] });
        }
        return { faceIds: orphans.map(({ faceId }) => faceId), isFixed: fix };
      },
    }),
    optimise: () => optimiseDatabase(database),
    backUp: (wanted) => backUp({ dataDirectory, to: config.backups.directory, ...wanted }),
    backupDirectory: config.backups.directory,
    keepBackups: config.backups.keep,
    nightlyHour: config.nightlyHour,
    notify,
    logger,
  });
  const analyseHandler = createAnalysePhotoHandler({
    photos,
    analyses,
    sidecars,
    pool,
    liveStatus,
    events,
    logger,
    wantedSteps: models.stepModels,
    derivativePaths: photoLibrary.derivativePaths,
    onStored: async (photo, analysis, { near }) => {
      const { embedding, steps } = analysis;
      if (embedding !== undefined) await vectors.set(photo.id, embedding.modelId, embedding.embedding);
      await removeFormerDerivatives(dataDirectory, photo);
      await teaching.onStored(photo.id, analysis);
      await searching.onStored(photo.id, analysis);
      if (steps.faces?.status === "done") await faceThumbnails.removeFormer(photo);
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
  const readMetadataHandler = createReadMetadataHandler({
    photos,
    analyses,
    sidecars,
    pool,
    events,
    onStored: async (photo, metadata) => {
      const outcome = { status: "done", durationMs: 0 } as const;
      const told = { metadata, objects: [], faces: [], tags: [], textLines: [] };
      const analysis = { ...told, steps: { preprocessing: outcome } };
      await searching.onStored(photo.id, analysis);
      await people.upkeep.onStored(photo.id, analysis);
      database.changes.note();
    },
  });
  const runner = createJobRunner({
    jobs,
    handlers: {
      [SCAN_JOB]: folders.scanHandler,
      [READ_METADATA_JOB]: readMetadataHandler,
      [ANALYSE_JOB]: analyseHandler,
      [PULL_JOB]: models.pullHandler,
      [TIDY_JOB]: createTidyHandler({ dataDirectory, photos, analyses, logger }),
      ...people.upkeep.handlers,
      ...albums.handlers,
      ...maintenance.handlers,
      ...duplicates.handlers,
      ...teaching.handlers,
      ...evaluation.handlers,
      ...searching.handlers,
    },
    logger,
    onEvent: () => events.publish({ type: "jobs" }),
  });
  const backfill = createBackfill({ analyses, queue, wantedSteps: models.stepModels });
  const uploads = createUploads({
    directory: join(dataDirectory, "uploads"),
    photos,
    fingerprints,
    tags,
    queue,
    limits: settings.limits,
    maxUploadBytes: config.limits.maxUploadBytes,
  });

  await serving.load();
  await useServingEncoder();

  async function useNewModels(): Promise<void> {
    pool.useModels((await models.chosen()).models);
    await useServingEncoder();
    await serving.settle();
    await backfill();
  }

  /** Loads the embeddings that are searched, of the model that made them even where another is in use by now. */
  async function loadVectors(): Promise<void> {
    const modelId = serving.modelId("photo") ?? (await models.chosen()).models.clip?.model.id;
    if (modelId === undefined) return;
    await vectors.load(modelId);
    await searching.loadObjects(modelId);
  }

  /** Texts are encoded by the model whose embeddings are searched. */
  async function useServingEncoder(): Promise<void> {
    const modelId = serving.modelId("photo");
    if (modelId === undefined) return encoder.useModels((await models.chosen()).models);
    const clip = await models.resolve(modelId);
    encoder.useModels(
      clip === undefined ? {} : { clip },
      `The text-image model ${modelId}, which knows these photos, is not installed any more.`,
    );
  }

  return {
    photos: photoLibrary,
    made: createMade({
      store: createMadeStore({ database }),
      curating: albums.curating,
      decisions: albums.decisions,
      people,
      saveSearch: (search) => searching.savedSearches.create(search),
      concepts: teaching.concepts,
      knownConcepts: teaching.store,
      duplicates,
      folders: { list: () => folderStore.list(), remove: tending.remove },
      writeSidecars: createSidecarWriter({
        store: createMadeStore({ database }),
        analyses,
        sidecars,
        dataDirectory,
      }),
    }),
    albums,
    maintenance,
    search,
    measurements: createMeasurements({ search, encoder, stepTimes, pool, stats: photos.stats }),
    understand: searching.understand,
    countFacets: searching.countFacets,
    savedSearches: searching.savedSearches,
    duplicates,
    faceThumbnails,
    readText: createTextReading(pool),
    people,
    concepts: teaching.concepts,
    evaluation,
    trust: teaching.trust,
    similar: createSimilarPhotos({
      photos,
      fingerprints,
      vectors,
      encoder,
      trust: teaching.trust,
      backgrounds: teaching.backgrounds,
      concepts: teaching.store,
      hashPicture: async (path) =>
        (await pool.analyse({ type: "analyse", path, steps: ["hash"] })).analysis.fingerprints?.pdq,
    }),
    findFacesTogether: createFacesTogether({
      searchFaces: people.searchFaces,
      faces: people.faces,
      photos,
      recogniser: people.recogniser,
    }),
    suggest: searching.suggest,
    stats: createLibraryStats({ photos, folders: folderStore, tags }),
    jobs: createJobOverview({
      jobs,
      photos,
      runner,
      kinds: [
        SCAN_JOB,
        ANALYSE_JOB,
        PULL_JOB,
        TIDY_JOB,
        READ_METADATA_JOB,
        ...Object.keys(people.upkeep.handlers),
        ...Object.keys(albums.handlers),
        ...Object.keys(maintenance.handlers),
        ...Object.keys(duplicates.handlers),
        ...Object.keys(teaching.handlers),
        ...Object.keys(evaluation.handlers),
        ...Object.keys(searching.handlers),
      ],
    }),
    folders,
    tending,
    uploads,
    models,
    runner,
    pool,
    events,
    modelChanges: serving.changes,
    loadVectors,
    checkIntegrity: () => database.checkIntegrity(),
    whenLost: presence.whenLost,
    async queueTidying() {
      await jobs.enqueue([{ kind: TIDY_JOB, dedupeKey: "derivatives" }]);
    },
    async start({ folders: paths, isWatching }) {
      await uploads.cleanUp();
      await runner.start();
      loadVectors()
        .then(() => teaching.catchUp())
        .then(() => serving.settle())
        .then(() => people.warmUp())
        .then(async () => isWatching && searching.warmUp())
        .catch((error: unknown) => logger.error({ err: error }, "embeddings could not be loaded"));
      await folders.addConfigured(paths);
      await folders.scanAll();
      await backfill();
      await people.upkeep.start();
      await searching.begin();
      await maintenance.start();
      await duplicates.start();
      if (isWatching) await folders.startWatching();
    },
    async close() {
      // Last things first; what fails to end keeps nothing else from ending.
      await using parts = new AsyncDisposableStack();
      parts.defer(() => lock?.release());
      parts.defer(presence.stop);
      for (const part of [database, vectors, searching, people, duplicates, serving, encoder, pool])
        parts.defer(() => part.close());
      parts.defer(() => runner.stop(STOP_GRACE_MS));
      parts.defer(() => folders.close());
    },
  };
}

/** Serves an open library over HTTP at the configured address. */
export async function serveLibrary(config: Config, logger: Logger, library: Library, version: string) {
  let isStopping = false;
  const server = await createLibraryServer(config, logger, library, version, () => isStopping);
  const url = await listen(server, config.host, config.port);
  const forgetAddress = await noteServerAddress(config.dataDirectory, url);
  return {
    url,
    async close() {
      isStopping = true;
      await forgetAddress();
      await server.close();
    },
  };
}

async function createLibraryServer(
  config: Config,
  logger: Logger,
  library: Library,
  version: string,
  isStopping: () => boolean,
) {
  return createServer({
    ...config,
    ...library,
    library: library.photos,
    ...config.limits,
    readiness: () => {
      const reason = library.runner.trouble();
      return { status: isStopping() ? "stopping" : "ok", ...(reason === undefined ? {} : { reason }) };
    },
    version,
    logger,
    webDirectory: WEB_DIRECTORY,
  });
}

/**
 * The API of the configured library for a command: that of its server where one runs, else its own, in this process and
 * without a port. `working` has the library's jobs done until it is closed.
 */
export async function openApi(
  config: Config,
  logger: Logger,
  need: "reading" | "owning" | "working",
  version: string,
) {
  const url = await findServerAddress(config.dataDirectory);
  if (url !== undefined)
    return { isServer: true, call: callRunningServer(url, config), close: async () => undefined };
  if (need !== "reading") await prepareDataDirectory(config.dataDirectory, "reading");
  const library = await openLibrary(config, logger, need === "reading" ? "reading" : "owning");
  try {
    const server = await createLibraryServer(config, logger, library, version, () => false);
    if (need === "working") await library.runner.start();
    return {
      isServer: false,
      call: callOwnServer(server, config),
      async close({ isLeavingJobs = false }: { readonly isLeavingJobs?: boolean } = {}) {
        if (need === "working" && !isLeavingJobs) await library.runner.whenIdle();
        await server.close();
        await library.close();
      },
    };
  } catch (error) {
    await library.close();
    throw error;
  }
}

/** How it stands with the server that runs models, where one is configured. */
export async function checkConfiguredInference(config: Config) {
  if (config.inference === undefined) return undefined;
  return checkInference(config.inference, (await chooseModels(createModels(config))).models);
}

/** Makes an 8-bit model of an installed one, in this process. */
export async function quantizeInstalled(
  config: Config,
  modelId: string,
  options: Pick<QuantizeOptions, "photos" | "onStage" | "signal">,
): Promise<QuantizedModel> {
  const { dataDirectory } = config;
  const modelDirectory = join(dataDirectory, "models");
  return quantizeModel({ ...options, store: createModels(config), modelDirectory, dataDirectory, modelId });
}

/** Times the analysis of photos as it is configured. */
export async function benchConfigured(
  config: Config,
  logger: Logger,
  options: Pick<BenchOptions, "photos" | "onStage" | "signal">,
): Promise<BenchReport> {
  return benchMachine({
    ...options,
    models: createInstalledModels(createModels(config)),
    analysers: config.analysers.count,
    isServedElsewhere: config.inference !== undefined,
    createPool: (count) => openPool(config, logger, count),
  });
}

/** Looks at the machine, the configuration and the models. */
export async function diagnoseMachine(config: Config, version: string) {
  return diagnose({
    version,
    dataDirectory: config.dataDirectory,
    folders: config.folders,
    models: createInstalledModels(createModels(config)),
    analysers: config.analysers.count,
    isWebAppBuilt: existsSync(WEB_DIRECTORY),
    isOffline: config.models.isOffline,
    inference: await checkConfiguredInference(config),
  });
}
