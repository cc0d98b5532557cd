import { KeepsightError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { Database } from "../../database/database.ts";
import { type Decision, createDecisionStore } from "../../database/decision-store.ts";
import type { JobStore } from "../../database/job-store.ts";
import { createFaceRegionStore } from "../../database/people/face-regions.ts";
import { createFaceStore, type FaceStore } from "../../database/people/face-store.ts";
import { createPeopleIndexing } from "../../database/people/index-people.ts";
import { createPeopleDecisions } from "../../database/people/people-decisions.ts";
import type { PersonStore } from "../../database/people/person-store.ts";
import { createPrototypeStore, type PrototypeStore } from "../../database/people/prototype-store.ts";
import { createSettingsStore } from "../../database/settings-store.ts";
import type { TextIndex } from "../../database/text-index.ts";
import type { ResolvedModel } from "../../onnx/model-store.ts";
import { createHistory, type History } from "../history/history.ts";
import { createPeopleActions, type PeopleActions } from "./decide-people.ts";
import { createFaceClustering, type FaceClustering, type Recogniser } from "./face-clustering.ts";
import { groupInThread } from "./group-in-thread.ts";
import { createKnownPersons, type KnownPersons } from "./known-persons.ts";
import { matchThreshold } from "./match-threshold.ts";
import { createPeopleUpkeep, type PeopleUpkeep, REINDEX_JOB } from "./people-upkeep.ts";
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
  /** The recogniser whose embeddings are compared; undefined while there is none. */
  readonly faceModel: () => Promise<ResolvedModel | undefined>;
  readonly countWaiting: () => Promise<number>;
  readonly notify: () => void;
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
  const known = createKnownPersons({ faces, prototypes });
  const recognise = createRecognition({ faces, known });

  async function findRecogniser(): Promise<Recogniser | undefined> {
    const model = await faceModel();
    if (model === undefined || model.model.settings.task !== "face-recognition") return undefined;
    const { calibration } = model.model.settings;
    return {
      modelId: model.model.id,
      calibration,
      matchThreshold: matchThreshold(calibration, (await known.prototypes(model.model.id)).personCount),
    };
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
    group: groupInThread,
  });
  const upkeep = createPeopleUpkeep({
    database,
    jobs,
    faces,
    regions: createFaceRegionStore({ database, decisions }),
    settings: createSettingsStore({ database }),
    textIndex,
    known,
    recognise,
    clustering,
    recogniser: findRecogniser,
    countWaiting: options.countWaiting,
    notify,
    logger,
  });
  const actions = createPeopleActions({
    decisions,
    persons,
    faces,
    onDecided({ decision }) {
      upkeep.onDecided();
      onChanged(decision);
    },
  });
  return {
    ...actions,
    persons,
    faces,
    prototypes,
    history: createHistory({
      decisions: createDecisionStore({ database }),
      persons,
      undoPeople: actions.undo,
    }),
    clustering,
    known,
    recognise,
    upkeep,
    recogniser,
    suggestions: createPeopleSuggestions({ faces, persons, known, recogniser }),
  };
}
