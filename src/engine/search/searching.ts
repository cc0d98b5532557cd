import type { PhotoAnalysis } from "../../core/photo-analysis.ts";
import type { AnalysisStore } from "../../database/analysis-store.ts";
import type { Database } from "../../database/database.ts";
import type { EmbeddingStore } from "../../database/embedding-store.ts";
import { createFacetStore } from "../../database/facet-store.ts";
import type { JobStore } from "../../database/jobs/job-store.ts";
import { createObjectStore } from "../../database/object-store.ts";
import { createPhotoPages } from "../../database/photo-pages.ts";
import type { PhotoStore } from "../../database/photo-store.ts";
import { createPlaceStore } from "../../database/place-store.ts";
import { readQueryNames } from "../../database/query-names.ts";
import { SEARCH_DECISIONS } from "../../database/saved-search-decisions.ts";
import { createSavedSearchStore, type SavedSearchStore } from "../../database/saved-search-store.ts";
import { createSettingsStore } from "../../database/settings-store.ts";
import { readSuggestionNames } from "../../database/suggestion-names.ts";
import type { TextIndex } from "../../database/text-index.ts";
import type { VectorIndex } from "../../database/vector-index/vector-index.ts";
import type { Teaching } from "../concepts/teaching.ts";
import type { Undoer } from "../history/history.ts";
import type { JobHandler } from "../jobs/job-runner.ts";
import { createLocatePhotos, PLACES_JOB } from "../places/locate-photos.ts";
import { createPlaceThread } from "../places/place-thread.ts";
import { type CountFacets, createCountFacets } from "./count-facets.ts";
import { createIndexText, INDEX_TEXT_JOB } from "./index-text-job.ts";
import { addObjectsOf } from "./object-meaning.ts";
import { createPhotoVectors, type PhotoVectors } from "./photo-vectors.ts";
import type { QueryEncoder } from "./query-encoder.ts";
import { rememberAffordably } from "./remember-affordably.ts";
import { createPhotoSearch, type PhotoSearch } from "./search-photos.ts";
import { createSuggest, type Suggest } from "./suggest.ts";
import { createUnderstandQuery, type UnderstandQuery } from "./understand-query.ts";

/** Searches that people keep. */
export type SavedSearches = Omit<SavedSearchStore, "undo" | "suggest">;

/** Everything by which photos are found in one library. */
export interface Searching {
  readonly search: PhotoSearch;
  readonly understand: UnderstandQuery;
  readonly countFacets: CountFacets;
  readonly suggest: Suggest;
  readonly savedSearches: SavedSearches;
  readonly undoer: Undoer;
  readonly handlers: Readonly<Record<string, JobHandler>>;
  /** Loads the embeddings of objects. */
  loadObjects(modelId: string): Promise<void>;
  /** A photo was analysed: its objects can be found by what they mean, and its place by name. */
  onStored(photoId: number, analysis: Pick<PhotoAnalysis, "embedding" | "steps">): Promise<void>;
  /** Queues what is to be done for photos that are there already. */
  begin(): Promise<void>;
  /** Loads what the first query needs, once nothing more urgent is left to do. */
  warmUp(): Promise<void>;
  close(): Promise<void>;
}

export interface SearchingOptions {
  readonly database: Database;
  readonly photos: PhotoStore;
  readonly analyses: AnalysisStore;
  readonly embeddings: EmbeddingStore;
  readonly jobs: JobStore;
  readonly textIndex: TextIndex;
  readonly vectors: PhotoVectors;
  readonly encoder: Pick<QueryEncoder, "encode">;
  readonly teaching: Pick<Teaching, "trust" | "findTaught">;
  readonly createObjectIndex: (modelId: string, dimensions: number) => VectorIndex;
  readonly notify: () => void;
}

/** See {@link Searching}. */
export function createSearching(options: SearchingOptions): Searching {
  const { database, photos, embeddings, jobs, textIndex, teaching, notify } = options;
  const objects = createObjectStore({ database });
  const savedSearches = createSavedSearchStore({ database });
  const thread = createPlaceThread();
  const places = createPlaceStore({ database, textIndex });
  const locating = createLocatePhotos({ places, thread, jobs, notify });
  const indexing = createIndexText({ textIndex, settings: createSettingsStore({ database }), jobs });
  const objectVectors = createPhotoVectors({
    onChange: database.changes.note,
    embeddings,
    createIndex: options.createObjectIndex,
    ownerKind: "object",
  });
  const understand = createUnderstandQuery({ readNames: () => readQueryNames(database), thread });
  const search = createPhotoSearch({
    ...options,
    ...teaching,
    pages: createPhotoPages({ database }),
    objects,
    objectVectors,
  });
  const readNames = rememberAffordably(() => readSuggestionNames(database));
  return {
    search,
    understand,
    countFacets: createCountFacets({ store: createFacetStore({ database }), search }),
    suggest: createSuggest({
      readNames,
      savedSearches,
      photos,
      textIndex,
      understand,
    }),
    savedSearches,
    undoer: {
      kinds: SEARCH_DECISIONS,
      undo: async (decisionId, actor) => ({
        decisionId: await savedSearches.undo(decisionId, actor),
        facesChanged: 0,
      }),
    },
    handlers: { [PLACES_JOB]: locating.handler, [INDEX_TEXT_JOB]: indexing.handler },
    loadObjects: (modelId) => objectVectors.load(modelId),
    async onStored(photoId, { embedding, steps }) {
      if (steps.preprocessing?.status === "done") await locating.locate(photoId);
      if (embedding !== undefined)
        await addObjectsOf(photoId, embedding.modelId, { objects, embeddings, vectors: objectVectors });
    },
    async begin() {
      await indexing.begin();
      await locating.begin();
      notify();
    },
    async warmUp() {
      await understand.prepare();
      // The day of each photo is read once: a third of a second for a million.
      await photos.findPassing({});
      // Until it is done, or if it fails, words are counted when somebody types.
      textIndex.prepareSuggest().catch(() => {});
    },
    async close() {
      await thread.close();
      await objectVectors.close();
    },
  };
}
