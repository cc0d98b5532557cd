import { join } from "node:path";
import type { Config } from "../config.ts";
import type { Logger } from "../core/logger.ts";
import type { Database } from "../database/database.ts";
import { createEvaluationStore, readHumanTags } from "../database/evaluation-store.ts";
import { createMadeStore } from "../database/made/made-store.ts";
import type { LibraryLock } from "../database/sqlite/library-lock.ts";
import { createMemoryVectorIndex } from "../database/vector-index/memory-vector-index.ts";
import { createAlbums } from "../engine/albums/albums.ts";
import { createTeaching } from "../engine/concepts/teaching.ts";
import { createDuplicates } from "../engine/duplicates/duplicates.ts";
import { createOwnEvaluation, readMatchThreshold } from "../engine/evaluation/own-grades.ts";
import { createFaceThumbnails } from "../engine/face-thumbnails.ts";
import { ANALYSE_JOB } from "../engine/import/analysis-queue.ts";
import { SCAN_JOB } from "../engine/import/library-folders.ts";
import { createLiveStatus } from "../engine/import/live-status.ts";
import { createTidyHandler, TIDY_JOB } from "../engine/import/tidy-derivatives.ts";
import { createJobOverview } from "../engine/jobs/job-overview.ts";
import { createMachine } from "../engine/machine.ts";
import { createJobRunner } from "../engine/jobs/job-runner.ts";
import { createLibraryEvents } from "../engine/library-events.ts";
import { createLibraryStats } from "../engine/library-stats.ts";
import type { Library } from "../engine/library.ts";
import { createMade } from "../engine/made/made.ts";
import { createSidecarWriter } from "../engine/made/write-sidecars.ts";
import { createMeasurements, createStepTimes } from "../engine/measurements.ts";
import { createModelLibrary, PULL_JOB } from "../engine/model-library.ts";
import { createPeople } from "../engine/people/people.ts";
import { createPhotoLibrary } from "../engine/photo-library.ts";
import { createTextReading } from "../engine/read-text.ts";
import { cacheAnswers } from "../engine/search/answer-cache.ts";
import { createFacesTogether } from "../engine/search/faces-together.ts";
import { createPhotoVectors } from "../engine/search/photo-vectors.ts";
import { createSearching } from "../engine/search/searching.ts";
import { createSimilarPhotos } from "../engine/search/similar-photos.ts";
import { createAnalysers, toDecodeLimits } from "./analysers.ts";
import { createModels } from "./create-models.ts";
import { createImporting } from "./importing.ts";
import { createPhotoJobHandlers } from "./photo-jobs.ts";
import { createLibraryServing } from "./serving.ts";
import { createStores } from "./stores.ts";
import { createUpkeep } from "./upkeep.ts";
import { watchPresence } from "./watch-presence.ts";

/**
 * Running jobs get this long to end by themselves when the program stops, milliseconds: with the answers under way (2 s)
 * less than the 5 s after which a person or a supervisor loses patience. What is cut short is done again.
 */
const STOP_GRACE_MS = 1500;

function createExactIndex(modelId: string, dimensions: number) {
  return createMemoryVectorIndex({ modelId, dimensions, precision: "f32" });
}

/** Objects are several times as many as photos: a quarter of the memory, and the same answers. */
function createCompactIndex(modelId: string, dimensions: number) {
  return createMemoryVectorIndex({ modelId, dimensions, precision: "int8" });
}

/** Every part of a library, and how they hang together. `lock` is undefined where the library is only read. */
export async function wireLibrary(
  config: Config,
  logger: Logger,
  database: Database,
  lock: LibraryLock | undefined,
): Promise<Library> {
  const { dataDirectory } = config;
  const limits = toDecodeLimits(config);
  const { maxUploadBytes } = config.limits;
  const presence = watchPresence(dataDirectory, lock);
  const stores = createStores(database);
  const { textIndex, photos, analyses, tags, persons, jobs, fingerprints, embeddings } = stores;

  const events = createLibraryEvents();
  const stepTimes = createStepTimes();
  const liveStatus = createLiveStatus();
  const notify = () => runner.notify();
  const models = createModelLibrary({
    store: createModels(config),
    jobs,
    events,
    notify,
    onChanged: () => serving.useNewModels(),
  });
  const { queue, folders, tending, uploads, backfill } = createImporting({
    config,
    stores,
    models,
    events,
    notify,
    logger,
  });
  const photoLibrary = createPhotoLibrary({ dataDirectory, photos, analyses, queue, liveStatus, events });
  const faceThumbnails = createFaceThumbnails({ dataDirectory, photos: photoLibrary, analyses, limits });

  const { pool, encoder } = createAnalysers(config, logger, (await models.chosen()).models);
  const vectors = createPhotoVectors({
    embeddings,
    createIndex: createExactIndex,
    onChange: database.changes.note,
  });
  const serving = createLibraryServing({
    database,
    models,
    pool,
    encoder,
    vectors,
    loadObjects: (modelId) => searching.loadObjects(modelId),
    backfill: () => backfill(),
    onChanged: async (kind, modelId) => {
      if (kind === "face") await people.upkeep.onModelChanged(modelId);
      else await teaching.catchUp();
    },
    logger,
  });
  const teaching = createTeaching({
    database,
    jobs,
    textIndex,
    photos,
    vectors,
    loadVectors: serving.loadVectors,
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
    loadVectors: serving.loadVectors,
    thumbnailPath: (photo) => photoLibrary.pathOfDerivative(photo, "thumbnail"),
    limits,
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
  const evaluation = createOwnEvaluation({
    store: createEvaluationStore({ database }),
    settings: stores.decidedSettings,
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
    limits,
    maxUploadBytes,
    faceModel: serving.faceModel,
    countWaiting: async () => {
      const counts = await jobs.counts();
      return counts.find(({ kind, state }) => kind === ANALYSE_JOB && state === "queued")?.count ?? 0;
    },
    notify,
    undoers: [
      albums.undoer,
      tending.undoer,
      teaching.undoer,
      duplicates.undoer,
      evaluation.undoer,
      searching.undoer,
    ],
    chosenThreshold: (modelId) => readMatchThreshold(stores.decidedSettings, modelId),
    onChanged: () => events.publish({ type: "people" }),
    logger,
  });

  const maintenance = createUpkeep({
    config,
    database,
    stores,
    queue,
    folders,
    photoLibrary,
    people,
    albums,
    evaluation,
    backfill: () => backfill(),
    notify,
    logger,
  });
  const handlers = {
    [SCAN_JOB]: folders.scanHandler,
    ...createPhotoJobHandlers({
      dataDirectory,
      database,
      stores,
      pool,
      models,
      photoLibrary,
      faceThumbnails,
      vectors,
      searching,
      teaching,
      people,
      albums,
      duplicates,
      liveStatus,
      stepTimes,
      events,
      logger,
    }),
    [PULL_JOB]: models.pullHandler,
    [TIDY_JOB]: createTidyHandler({ dataDirectory, photos, analyses, logger }),
    ...people.upkeep.handlers,
    ...albums.handlers,
    ...maintenance.handlers,
    ...duplicates.handlers,
    ...teaching.handlers,
    ...evaluation.handlers,
    ...searching.handlers,
  };
  const runner = createJobRunner({
    jobs,
    handlers,
    logger,
    onEvent: () => events.publish({ type: "jobs" }),
  });

  await serving.load();

  const overview = createJobOverview({ jobs, photos, runner, kinds: Object.keys(handlers) });

  return {
    photos: photoLibrary,
    made: createMade({
      store: createMadeStore({ database }),
      curating: albums.curating,
      decisions: albums.decisions,
      people,
      saveSearch: searching.savedSearches.create,
      concepts: teaching.concepts,
      knownConcepts: teaching.store,
      duplicates,
      folders: { list: () => stores.folders.list(), remove: tending.remove },
      writeSidecars: createSidecarWriter({
        store: createMadeStore({ database }),
        analyses,
        sidecars: stores.sidecars,
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
    stats: createLibraryStats({ photos, folders: stores.folders, tags }),
    jobs: overview,
    machine: createMachine({
      pool,
      dataDirectory,
      listModels: models.list,
      async isImporting() {
        const queues = await overview.queues();
        return queues.some(({ kind, running }) => kind === ANALYSE_JOB && running > 0);
      },
    }),
    folders,
    tending,
    uploads,
    models,
    runner,
    pool,
    events,
    modelChanges: serving.changes,
    loadVectors: serving.loadVectors,
    checkIntegrity: () => database.checkIntegrity(),
    whenLost: presence.whenLost,
    async queueTidying() {
      await jobs.enqueue([{ kind: TIDY_JOB, dedupeKey: "derivatives" }]);
    },
    async start({ folders: paths, isWatching }) {
      await uploads.cleanUp();
      await runner.start();
      serving
        .loadVectors()
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
