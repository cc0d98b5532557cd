import { KeepsightError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { Database } from "../../database/database.ts";
import { type Decision, createDecisionStore } from "../../database/decision-store.ts";
import type { JobStore } from "../../database/jobs/job-store.ts";
import { createFaceRegionStore } from "../../database/people/face-regions.ts";
import { createFaceStore, type FaceStore } from "../../database/people/face-store.ts";
import { createPeopleIndexing } from "../../database/people/index-people.ts";
import { createPeopleDecisions } from "../../database/people/people-decisions.ts";
import type { PersonStore } from "../../database/people/person-store.ts";
import { createPrototypeStore, type PrototypeStore } from "../../database/people/prototype-store.ts";
import type { AnalysisStore } from "../../database/analysis-store.ts";
import type { EmbeddingStore } from "../../database/embedding-store.ts";
import type { PhotoStore } from "../../database/photo-store.ts";
import type { DecodeLimits } from "../../image/decode-limits.ts";
import type { SimilarityCalibration } from "../../math/similarity-calibration.ts";
import { createSettingsStore } from "../../database/settings-store.ts";
import type { TextIndex } from "../../database/text-index.ts";
import type { ResolvedModel } from "../../onnx/located-model.ts";
import type { AnalyserPool } from "../analyser/analyser-pool.ts";
import type { AnalysisQueue } from "../import/analysis-queue.ts";
import { createHistory, type History, type Undoer } from "../history/history.ts";
import { createPeopleActions, type PeopleActions } from "./decide-people.ts";
import { createFaceClustering, type FaceClustering } from "./face-clustering.ts";
import type { Recogniser } from "./recogniser.ts";
import { createFaceEmbedding } from "./embed-faces.ts";
import { createFaceRounds, type FaceRounds, type FaceRoundsOptions } from "./face-rounds.ts";
import { createFaceVectors, type FaceVectorsOptions } from "./face-vectors.ts";
import { createFaceLooks, type FaceLooks } from "./look-at-faces.ts";
import { createMatchRefinement, type MatchRefinement } from "./refine-matches.ts";
import { createFaceSearch, type SearchFaces } from "./search-faces.ts";
import { createMatchingTrainer, type TrainMatching } from "./train-matching.ts";
import { createTrainedHeads, type TrainedHead } from "./trained-heads.ts";
import { groupInThread } from "./group-in-thread.ts";
import { createAffectedPhotos } from "./find-affected.ts";
import { createKnownPersons, type KnownPersons } from "./known-persons.ts";
import { matchThreshold } from "./match-threshold.ts";
import { createPeopleThread } from "./people-thread.ts";
import { createOwnCalibration } from "./own-calibration.ts";
import { createPeopleUpkeep, EMBED_JOB, type PeopleUpkeep, REINDEX_JOB } from "./people-upkeep.ts";
import { createRecognition, type Recognise } from "./recognise-faces.ts";
import { createPeopleSuggestions, type Suggestion } from "./suggest-people.ts";

/** Who is in the photos: everything that the API and the command line do with people. */
export interface People extends PeopleActions {
  readonly persons: PersonStore;
  readonly faces: FaceStore;
  readonly prototypes: Pick<PrototypeStore, "counts">;
  readonly history: History;
  readonly clustering: FaceClustering;
  readonly known: KnownPersons;
  readonly recognise: Recognise;
  readonly upkeep: PeopleUpkeep;
  readonly rounds: FaceRounds;
  readonly train: TrainMatching;
  /** The recogniser's id; undefined while none is installed. */
  modelId(): Promise<string | undefined>;
  /** The trained head that is in use, if one passed its test. */
  trainedHead(): Promise<TrainedHead | undefined>;
  readonly looks: FaceLooks;
  readonly searchFaces: SearchFaces;
  /** Reads what the first answers need, so that nobody has to wait for it; what fails is told to whoever asks later. */
  warmUp(): Promise<void>;
  close(): Promise<void>;
  /** `model_missing` while no recogniser is installed and no face is known to one. */
  recogniser(): Promise<Recogniser>;
  /** Questions to the user, those that settle most first. */
  suggestions(limit: number, personId?: string): Promise<readonly Suggestion[]>;
}

export interface PeopleOptions {
  readonly database: Database;
  readonly persons: PersonStore;
  readonly jobs: JobStore;
  readonly textIndex: TextIndex;
  readonly photos: Pick<PhotoStore, "getMany">;
  readonly analyses: Pick<AnalysisStore, "stepsNeedingWork">;
  readonly embeddings: EmbeddingStore;
  readonly queue: AnalysisQueue;
  readonly pool: Pick<AnalyserPool, "analyse" | "describeFace">;
  readonly wantedSteps: FaceRoundsOptions["wantedSteps"];
  /** The recogniser whose embeddings are compared; undefined while there is none. */
  readonly faceModel: () => Promise<ResolvedModel | undefined>;
  /** The recogniser that analysers run now: another one while a change of models is under way. */
  readonly analyserModelId: () => Promise<string | undefined>;
  readonly resolveModel: (modelId: string) => Promise<ResolvedModel | undefined>;
  readonly createIndex: FaceVectorsOptions["createIndex"];
  /** Where trained heads are kept. */
  readonly headDirectory: string;
  /** Where uploads lie until they have arrived. */
  readonly incomingDirectory: string;
  readonly limits: DecodeLimits;
  readonly maxUploadBytes: number;
  readonly countWaiting: () => Promise<number>;
  /** The similarity that the user chose for a recogniser; undefined: the calibrated one. */
  readonly chosenThreshold: (modelId: string) => Promise<number | undefined>;
  readonly notify: () => void;
  /** Who takes back what is decided about other things than people. */
  readonly undoers: readonly Undoer[];
  /** Somebody was named, moved, merged, …. */
  readonly onChanged: (decision: Decision) => void;
  readonly logger: Logger;
}

/** The people of one library. */
export function createPeople(options: PeopleOptions): People {
  const { database, persons, jobs, textIndex, faceModel, notify, onChanged, logger } = options;

  const onPhotosChanged = createPeopleIndexing({ textIndex, jobs, jobKind: REINDEX_JOB });
  const decisions = createPeopleDecisions({ database, onPhotosChanged });
  const faces = createFaceStore({ database, onPhotosChanged });
  const prototypes = createPrototypeStore({ database });
  const thread = createPeopleThread();
  const known = createKnownPersons({ faces, prototypes, compute: thread.computePrototypes });
  const heads = createTrainedHeads(options.headDirectory);
  const recognise = createRecognition({ faces, known, refinement: refineBy, compare: thread.match });
  let refinement: { readonly trained: TrainedHead; readonly second: MatchRefinement } | undefined;

  const ownCalibration = createOwnCalibration({
    faces,
    persons,
    settings: createSettingsStore({ database }),
  });

  async function calibrate(signal?: AbortSignal): Promise<void> {
    const model = await faceModel();
    const background = calibrationOf(model);
    if (model !== undefined && background !== undefined)
      await ownCalibration.refresh(model.model.id, background, signal);
  }

  async function findRecogniser(): Promise<Recogniser | undefined> {
    const model = await faceModel();
    const background = calibrationOf(model);
    if (model === undefined || background === undefined) return undefined;
    const calibration = (await ownCalibration.read(model.model.id)) ?? background;
    const { active, hidden } = await persons.counts();
    return {
      modelId: model.model.id,
      calibration,
      matchThreshold:
        (await options.chosenThreshold(model.model.id)) ?? matchThreshold(calibration, active + hidden),
    };
  }

  async function findModelId(): Promise<string | undefined> {
    const model = await faceModel();
    return calibrationOf(model) === undefined ? undefined : model?.model.id;
  }

  /** The opinion of the trained head, if one is in use; the same one as long as the head is. */
  async function refineBy(modelId: string): Promise<MatchRefinement | undefined> {
    const trained = await heads.current(modelId);
    const calibration = trained && (await calibrationOfModel(modelId));
    if (trained === undefined || calibration === undefined) return undefined;
    if (refinement?.trained !== trained)
      refinement = { trained, second: createMatchRefinement(trained, calibration) };
    return refinement.second;
  }

  async function calibrationOfModel(modelId: string): Promise<SimilarityCalibration | undefined> {
    return calibrationOf(await options.resolveModel(modelId));
  }

  async function recogniser(): Promise<Recogniser> {
    const found = await findRecogniser();
    if (found !== undefined) return found;
    throw new KeepsightError(
      "model_missing",
      "No model for recognising faces is installed; `keepsight models list` shows what can be added.",
    );
  }

  const clustering = createFaceClustering({
    faces,
    persons,
    known,
    recognise,
    decisions,
    recogniser,
    onSplit: onChanged,
    group: groupInThread,
    compare: thread.match,
  });
  const vectors = createFaceVectors({
    embeddings: options.embeddings,
    faces,
    createIndex: options.createIndex,
  });
  const rounds = createFaceRounds({
    faces,
    analyses: options.analyses,
    jobs,
    queue: options.queue,
    queueEmbedding: () => upkeep.queue(EMBED_JOB),
    wantedSteps: options.wantedSteps,
  });
  const train = createMatchingTrainer({ faces, persons, heads, recogniser });
  const upkeep = createPeopleUpkeep({
    database,
    jobs,
    faces,
    prototypes,
    rounds,
    vectors,
    train,
    embedFaces: createFaceEmbedding({
      faces,
      photos: options.photos,
      describeFace: options.pool.describeFace,
      analyserModelId: options.analyserModelId,
      logger,
    }),
    calibrate,
    regions: createFaceRegionStore({ database, decisions }),
    settings: createSettingsStore({ database }),
    textIndex,
    known,
    recognise,
    clustering,
    recogniser: findRecogniser,
    findAffected: createAffectedPhotos({ faces, known, vectors }),
    countWaiting: options.countWaiting,
    notify,
    logger,
  });
  const actions = createPeopleActions({
    decisions,
    persons,
    faces,
    async onDecided({ decision, ...change }) {
      await upkeep.onDecided(decision.kind, change);
      onChanged(decision);
    },
  });
  const suggestions = createPeopleSuggestions({ faces, persons, known, recogniser, compare: thread.match });
  return {
    ...actions,
    persons,
    faces,
    prototypes,
    history: createHistory({
      decisions: createDecisionStore({ database }),
      persons,
      undoers: [{ kinds: /^(person|face|cluster)\./, undo: actions.undo }, ...options.undoers],
    }),
    clustering,
    known,
    recognise,
    upkeep,
    rounds,
    train,
    modelId: findModelId,
    trainedHead: async () => {
      const modelId = await findModelId();
      return modelId === undefined ? undefined : heads.current(modelId);
    },
    looks: createFaceLooks({
      directory: options.incomingDirectory,
      maxUploadBytes: options.maxUploadBytes,
      limits: options.limits,
      analyse: options.pool.analyse,
      persons,
      known,
      recogniser,
      calibrationOf: calibrationOfModel,
    }),
    searchFaces: createFaceSearch({ faces, photos: options.photos, vectors, recogniser }),
    async close() {
      await vectors.close();
      await thread.close();
    },
    recogniser,
    suggestions,
    async warmUp() {
      if ((await persons.counts()).active === 0) return;
      await suggestions(1).catch((error: unknown) =>
        logger.debug({ err: error }, "who is known could not be read ahead"),
      );
    },
  };
}

function calibrationOf(model: ResolvedModel | undefined): SimilarityCalibration | undefined {
  const settings = model?.model.settings;
  return settings?.task === "face-recognition" ? settings.calibration : undefined;
}
