import type { Albums } from "./albums/albums.ts";
import type { AnalyserPool } from "./analyser/analyser-pool.ts";
import type { LibraryFolders } from "./import/library-folders.ts";
import type { FolderTending } from "./import/tend-folders.ts";
import type { Uploads } from "./import/upload-photo.ts";
import type { Duplicates } from "./duplicates/duplicates.ts";
import type { FaceThumbnails } from "./face-thumbnails.ts";
import type { JobOverview } from "./jobs/job-overview.ts";
import type { JobRunner } from "./jobs/job-runner.ts";
import type { LibraryEvents } from "./library-events.ts";
import type { LibraryStats } from "./library-stats.ts";
import type { Machine } from "./machine.ts";
import type { Made } from "./made/made.ts";
import type { Maintenance } from "./maintenance/maintenance.ts";
import type { Measurements } from "./measurements.ts";
import type { ModelLibrary } from "./model-library.ts";
import type { People } from "./people/people.ts";
import type { PhotoLibrary } from "./photo-library.ts";
import type { ReadPictureText } from "./read-text.ts";
import type { PhotoSearch } from "./search/search-photos.ts";
import type { CountFacets } from "./search/count-facets.ts";
import type { SavedSearches } from "./search/searching.ts";
import type { UnderstandQuery } from "./search/understand-query.ts";
import type { ModelChange } from "./serving-models.ts";
import type { FindFacesTogether } from "./search/faces-together.ts";
import type { SimilarPhotos } from "./search/similar-photos.ts";
import type { Suggest } from "./search/suggest.ts";
import type { OwnEvaluation } from "./evaluation/own-grades.ts";
import type { Concepts } from "./concepts/concepts.ts";
import type { Trust } from "./search/trust.ts";

/** A library that is open in this process: all its use cases. */
export interface Library {
  readonly photos: PhotoLibrary;
  readonly search: PhotoSearch;
  readonly understand: UnderstandQuery;
  readonly countFacets: CountFacets;
  readonly savedSearches: SavedSearches;
  readonly people: People;
  readonly albums: Albums;
  readonly maintenance: Maintenance;
  readonly made: Made;
  readonly similar: SimilarPhotos;
  readonly findFacesTogether: FindFacesTogether;
  readonly concepts: Concepts;
  readonly evaluation: OwnEvaluation;
  readonly trust: Trust;
  readonly duplicates: Duplicates;
  readonly faceThumbnails: FaceThumbnails;
  readonly suggest: Suggest;
  readonly readText: ReadPictureText;
  readonly folders: LibraryFolders;
  readonly tending: FolderTending;
  readonly uploads: Uploads;
  readonly models: ModelLibrary;
  readonly machine: Machine;
  readonly jobs: JobOverview;
  readonly runner: JobRunner;
  readonly pool: AnalyserPool;
  readonly stats: LibraryStats;
  readonly measurements: Measurements;
  readonly events: LibraryEvents;
  /** Begins background work: what an earlier run left undone, then a scan of the folders. */
  start(options: { readonly folders: readonly string[]; readonly isWatching: boolean }): Promise<void>;
  /** Changes of models under way: the former one's embeddings are searched until the new one has seen everything. */
  modelChanges(): readonly ModelChange[];
  /** Loads what searching by meaning needs; `start` does this by itself. */
  loadVectors(): Promise<void>;
  /** Finds out whether the database is sound; throws `internal` with the first problem if not. */
  checkIntegrity(): Promise<void>;
  /** Queues the removal of pictures that no photo has any more. */
  queueTidying(): Promise<void>;
  /** Rejects with `unavailable` when the data directory is deleted or moved away under the open library. */
  readonly whenLost: Promise<never>;
  /** Lets running work end or puts it back, and lets go of the library. */
  close(): Promise<void>;
}
