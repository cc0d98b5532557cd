import type { PhotoAnalysis } from "../../core/photo-analysis.ts";
import { type BackgroundStore, createBackgroundStore } from "../../database/background-store.ts";
import { CONCEPT_DECISIONS, createConceptDecisions } from "../../database/concepts/concept-decisions.ts";
import { type ConceptStore, createConceptStore } from "../../database/concepts/concept-store.ts";
import type { Database } from "../../database/database.ts";
import type { JobStore } from "../../database/jobs/job-store.ts";
import { createPeopleIndexing } from "../../database/people/index-people.ts";
import type { PhotoStore } from "../../database/photo-store.ts";
import type { TextIndex } from "../../database/text-index.ts";
import type { Undoer } from "../history/history.ts";
import type { JobHandler } from "../jobs/job-runner.ts";
import { REINDEX_JOB } from "../people/people-upkeep.ts";
import type { PhotoVectors } from "../search/photo-vectors.ts";
import type { QueryEncoder } from "../search/query-encoder.ts";
import { createTrust, type Trust } from "../search/trust.ts";
import { type Concepts, createConcepts } from "./concepts.ts";
import { createFindTaught, type FindTaught } from "./find-taught.ts";
import { createConceptLearning } from "./learn-concepts.ts";

/** What embeddings mean in one library: what chance gives, and what the user taught. */
export interface Teaching {
  readonly trust: Trust;
  readonly concepts: Concepts;
  readonly store: ConceptStore;
  readonly backgrounds: BackgroundStore;
  readonly findTaught: FindTaught;
  readonly undoer: Undoer;
  readonly handlers: Readonly<Record<string, JobHandler>>;
  /** A photo was analysed; its embedding is in the index already. */
  onStored(photoId: number, analysis: Pick<PhotoAnalysis, "embedding">): Promise<void>;
  /** Queues what is to be done for the model whose embeddings are compared now. */
  catchUp(): Promise<void>;
}

export interface TeachingOptions {
  readonly database: Database;
  readonly jobs: JobStore;
  readonly textIndex: TextIndex;
  readonly photos: PhotoStore;
  readonly vectors: PhotoVectors;
  readonly loadVectors: () => Promise<void>;
  readonly encoder: Pick<QueryEncoder, "encode">;
  readonly notify: () => void;
  readonly onChanged: () => void;
}

export function createTeaching(options: TeachingOptions): Teaching {
  const { database, jobs, textIndex, photos, vectors, loadVectors, encoder, notify, onChanged } = options;
  const onPhotosChanged = createPeopleIndexing({ textIndex, jobs, jobKind: REINDEX_JOB });
  const backgrounds = createBackgroundStore({ database });
  const store = createConceptStore({ database, onPhotosChanged });
  const trust = createTrust({ store: backgrounds, jobs, encode: encoder.encode, notify });
  const findTaught = createFindTaught({ store, photos });
  const concepts = createConcepts({
    store,
    decisions: createConceptDecisions({ database, onPhotosChanged }),
    learning: createConceptLearning({
      store,
      backgrounds,
      vectors,
      loadVectors,
      trust,
      encode: encoder.encode,
    }),
    photos,
    jobs,
    notify,
    onChanged() {
      findTaught.forget();
      onChanged();
    },
  });
  return {
    trust,
    concepts,
    store,
    backgrounds,
    findTaught,
    undoer: { kinds: CONCEPT_DECISIONS, undo: concepts.undo },
    handlers: { ...trust.handlers, ...concepts.handlers },
    async onStored(photoId, { embedding }) {
      if (embedding === undefined) return;
      trust.forget(photoId);
      const index = vectors.index();
      // Photos of a model that is still on its way are looked at when all are there.
      if (index?.modelId !== embedding.modelId) return;
      await concepts.onEmbedded(photoId, embedding.modelId, embedding.embedding);
      await trust.onGrown(index.modelId, index.size);
    },
    async catchUp() {
      const modelId = vectors.index()?.modelId;
      if (modelId === undefined) return;
      await trust.refresh(modelId);
      await concepts.catchUp(modelId);
    },
  };
}
