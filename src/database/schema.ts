import type { ColumnType, Generated } from "kysely";
import type { AlbumSpace } from "../core/album-space.ts";
import type { MaintenanceTask, MaintenanceTrigger } from "../core/maintenance-task.ts";
import type { JobState } from "../core/job-state.ts";
import type { ImageFormat, Step, StepStatus } from "../core/photo-analysis.ts";
import type { DecisionSource } from "../core/people-decision.ts";
import type { Section } from "../core/search-trust.ts";
import type { ConceptField, ConceptKind } from "../core/concept-decision.ts";
import type { PhotoStatus } from "../core/photo-status.ts";
import type {
  DuplicateChangesTable,
  DuplicateGroupsTable,
  DuplicateMembersTable,
  DuplicatesApartTable,
  LocalFeaturesTable,
  TrashedFilesTable,
} from "./duplicates/tables.ts";
import type { FaceField, PersonField } from "./people/facts.ts";

/**
 * The tables as Kysely sees them: camelCase here, snake_case in SQL (CamelCasePlugin). Ids are integers that are never
 * used twice, times are epoch milliseconds, flags are 0 or 1, JSON is text, embeddings are little-endian float32 bytes.
 */

/** Where `takenAtMs` comes from: the photo's own metadata, or the modification time of its file. */
export type TakenAtSource = "metadata" | "file";

/** Who put a tag on a photo; `model` tags come from the step of that name, `object` ones from labels of objects, `concept` ones from what was taught. */
export type TagSource = "object" | "model" | "metadata" | "human" | "concept";

/** What an embedding describes. */
export type EmbeddingOwner = "photo" | "object" | "face";

/** A column that is null unless something was recorded. */
type Optional<T> = ColumnType<T | null, T | null | undefined, T | null>;

export interface FoldersTable {
  id: Generated<number>;
  /** Absolute. */
  path: string;
  createdAt: number;
  /** Neither scanned nor watched since then. */
  pausedAt: Optional<number>;
  removedAt: Optional<number>;
  /** The decision that removed it. */
  removedBy: Optional<number>;
}

export interface PhotosTable {
  id: Generated<number>;
  /** Absolute path of the original. */
  path: string;
  folderId: Optional<number>;
  fileName: string;
  byteSize: number;
  modifiedAtMs: number;
  /** 32 hex digits; null until the hash step ran. */
  imohash: Optional<string>;
  /** Goes up by one whenever the file's content changes. */
  contentVersion: Generated<number>;
  format: Optional<ImageFormat>;
  /** Pixels of the upright original. */
  width: Optional<number>;
  height: Optional<number>;
  /** Base64. */
  thumbhash: Optional<string>;
  status: Generated<PhotoStatus>;
  failureReason: Optional<string>;
  /** 0–1; see PixelQuality. */
  sharpness: Optional<number>;
  meanLuminance: Optional<number>;
  clippedShadows: Optional<number>;
  clippedHighlights: Optional<number>;
  /** Wall clock at the place of the photo, without a zone. */
  takenAtLocal: Optional<string>;
  /** The instant where the zone is known, else the wall clock read as UTC, else the file's modification time. */
  takenAtMs: number;
  /** Days since 1970-01-01 of the wall clock: what a calendar at the place of the photo said. */
  takenDay: number;
  takenAtSource: TakenAtSource;
  utcOffsetMinutes: Optional<number>;
  latitude: Optional<number>;
  longitude: Optional<number>;
  altitude: Optional<number>;
  cameraMake: Optional<string>;
  cameraModel: Optional<string>;
  lensModel: Optional<string>;
  fNumber: Optional<number>;
  exposureTime: Optional<number>;
  iso: Optional<number>;
  focalLength: Optional<number>;
  rating: Optional<number>;
  title: Optional<string>;
  description: Optional<string>;
  isFavourite: Generated<number>;
  /** What the file says, where a human may say otherwise in `rating`, `title` and `description`. */
  fileRating: Optional<number>;
  fileTitle: Optional<string>;
  fileDescription: Optional<string>;
  isUpload: Generated<number>;
  externalId: Optional<string>;
  missingSince: Optional<number>;
  hiddenAt: Optional<number>;
  /** The copy that was kept in its place; such a photo is hidden too. */
  duplicateOf: Optional<number>;
  /** The decision that took it out of sight. */
  hiddenBy: Optional<number>;
  importedAt: number;
  analysedAt: Optional<number>;
}

/** How far one step of one photo is; `pending` and `running` come before the outcomes of {@link StepStatus}. */
export type PhotoStepStatus = StepStatus | "pending" | "running";

export interface PhotoStepsTable {
  photoId: number;
  step: Step;
  status: PhotoStepStatus;
  /** Model that made the stored result; kept while a later attempt fails. */
  modelId: Optional<string>;
  /** Content version from which the stored result was made. */
  contentVersion: Optional<number>;
  /** Failed attempts since the last success. */
  attempts: Generated<number>;
  reason: Optional<string>;
  errorCode: Optional<string>;
  durationMs: Optional<number>;
  updatedAt: number;
}

export interface DerivativesTable {
  photoId: number;
  kind: string;
  width: number;
  height: number;
  byteSize: number;
  contentVersion: number;
}

export interface ObjectsTable {
  id: Generated<number>;
  photoId: number;
  label: string;
  score: number;
  x: number;
  y: number;
  width: number;
  height: number;
  modelId: string;
}

export interface TagsTable {
  id: Generated<number>;
  name: string;
  /** The name in lower case: what makes it unique. */
  nameKey: string;
}

export interface PhotoTagsTable {
  photoId: number;
  tagId: number;
  /** 0–1. */
  score: number;
  source: TagSource;
}

/** Tags that a model or the metadata put on a photo and a human took off. */
export type RemovedPhotoTagsTable = PhotoTagsTable;

export interface CategoriesTable {
  id: Generated<number>;
  name: string;
  nameKey: string;
  description: Optional<string>;
}

export interface CategoryTagsTable {
  categoryId: number;
  tagId: number;
}

export interface TextLinesTable {
  id: Generated<number>;
  photoId: number;
  position: number;
  text: string;
  /** The text without case and diacritics, for comparing. */
  foldedText: string;
  score: number;
  x1: number;
  y1: number;
  x2: number;
  y2: number;
  x3: number;
  y3: number;
  x4: number;
  y4: number;
  modelId: string;
}

/** Where a face comes from: found by the detector, drawn by a user, or marked in the photo's metadata. */
export type FaceOrigin = "detector" | "drawn" | "metadata";

/** Who says that a face is a person: the user, names in metadata, or an algorithm (by prototypes, by its cluster). */
export type AssignmentSource = DecisionSource | "prototype" | "cluster";

/** `suggested`: an algorithm named it; `confirmed`: a human did; `rejected`: a human said who it is not. */
export type FaceState = "unassigned" | "suggested" | "confirmed" | "rejected";

/** `merged` and `deleted` persons are kept for their history, and so that this can be undone. */
export type PersonStatus = "active" | "hidden" | "merged" | "deleted";

export interface PersonsTable {
  /** UUID. */
  id: string;
  name: string;
  /** What makes the name unique among active and hidden persons: Unicode forms unified, without case. */
  nameKey: string;
  /** The name without case and diacritics, for finding. */
  searchName: string;
  status: PersonStatus;
  mergedIntoId: Optional<string>;
  /** `YYYY-MM-DD`. */
  birthDate: Optional<string>;
  isHidden: number;
  isFavourite: number;
  /** Chosen by a human. */
  representativeFaceId: Optional<number>;
  createdAt: number;
  updatedAt: number;
}

/** `exemplar`: one good face; `centroid`: the normalised mean of many. */
export type PrototypeRole = "exemplar" | "centroid";

export interface PrototypesTable {
  id: Generated<number>;
  personId: string;
  modelId: string;
  role: PrototypeRole;
  faceId: Optional<number>;
  dimensions: number;
  /** Little-endian float32. */
  embedding: Uint8Array;
}

/** Statements about persons that decisions make: see people/facts.ts. */
export interface PersonFactsTable {
  id: Generated<number>;
  decisionId: number;
  personId: string;
  field: PersonField;
  value: Optional<string>;
  /** 0 while the decision is taken back. */
  isActive: Generated<number>;
}

export interface FaceFactsTable {
  id: Generated<number>;
  decisionId: number;
  faceId: number;
  field: FaceField;
  value: Optional<string>;
  source: DecisionSource;
  isActive: Generated<number>;
}

export interface FacesTable {
  id: Generated<number>;
  photoId: number;
  x: number;
  y: number;
  width: number;
  height: number;
  /** JSON: five points as `[[x, y], …]`. */
  landmarks: string;
  score: number;
  quality: number;
  /** 0–1. */
  sharpness: Optional<number>;
  yawDegrees: Optional<number>;
  pitchDegrees: Optional<number>;
  rollDegrees: Optional<number>;
  modelId: string;
  origin: Generated<FaceOrigin>;
  /** What the last clustering put it into; null is noise, or not clustered yet. */
  clusterId: Optional<string>;
  /** Membership strength, 0–1. */
  clusterScore: Optional<number>;
  /** Whom an algorithm takes it for; kept while a human says otherwise. */
  matchedPersonId: Optional<string>;
  /** Cosine similarity. */
  matchedScore: Optional<number>;
  matchedSource: Optional<Exclude<AssignmentSource, DecisionSource>>;
  /** Who it is, all things considered. */
  personId: Optional<string>;
  assignment: Optional<AssignmentSource>;
  state: Generated<FaceState>;
  /** A stranger: left out of clustering, matching and proposals. */
  isIgnored: Generated<number>;
  /** Not a face, a human said. */
  isRemoved: Generated<number>;
  /** The newest detection did not find it again; kept because a human spoke of it. */
  isLost: Generated<number>;
  createdAt: Optional<number>;
}

export interface FaceRegionsTable {
  id: Generated<number>;
  photoId: number;
  name: Optional<string>;
  /** The name without case and diacritics, for comparing. */
  nameKey: Optional<string>;
  /** The face that it became; null until it was taken in. */
  faceId: Optional<number>;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface EmbeddingsTable {
  ownerKind: EmbeddingOwner;
  ownerId: number;
  modelId: string;
  /** The photo of the owner, so that its embeddings go when it goes. */
  photoId: number;
  dimensions: number;
  /** Little-endian float32. */
  embedding: Uint8Array;
}

/** Whose embeddings are searched; embeddings of photos stand for those of their objects too. */
export interface ServingModelsTable {
  ownerKind: "photo" | "face";
  modelId: string;
  since: number;
}

export interface FingerprintsTable {
  photoId: number;
  imohash: string;
  /** 32 bytes. */
  pdq: Optional<Uint8Array>;
  pdqQuality: Optional<number>;
}

export interface DecisionsTable {
  id: Generated<number>;
  kind: string;
  actor: string;
  decidedAt: number;
  payload: string;
  inverse: string;
  /** Id of the decision that this one takes back. */
  undoes: Optional<number>;
}

/** What a decision of the library is about. */
export type FactSubject = "photo" | "album" | "category";

/** Statements about photos, albums and categories that decisions make: see decided/facts.ts. */
export interface LibraryFactsTable {
  id: Generated<number>;
  /** Null for what a new library comes with. */
  decisionId: Optional<number>;
  subject: FactSubject;
  /** The id as text. */
  subjectId: string;
  field: string;
  /** Of which of several: the key of a tag, the id of a photo; empty where there is one value only. */
  key: Generated<string>;
  value: Optional<string>;
  /** 0 while the decision is taken back. */
  isActive: Generated<number>;
}

/** `auto`: what a centroid draws together; `made`: by hand. */
export type AlbumKind = "auto" | "made";

export interface AlbumsTable {
  /** UUID. */
  id: string;
  kind: AlbumKind;
  /** Of an auto-album. */
  space: Optional<AlbumSpace>;
  /** The human's, else the automatic one. */
  title: string;
  autoTitle: Optional<string>;
  description: Optional<string>;
  /** Chosen by a human. */
  coverPhotoId: Optional<number>;
  isDeleted: Generated<number>;
  createdAt: number;
  updatedAt: number;
}

export interface AlbumPhotosTable {
  albumId: string;
  photoId: number;
  source: "auto" | "human";
  /** Similarity with the centroid. */
  score: Optional<number>;
}

export interface CentroidsTable {
  albumId: string;
  space: AlbumSpace;
  modelId: string;
  dimensions: number;
  /** Little-endian float32. */
  embedding: Uint8Array;
  trainedAt: number;
}

/** Which centroid is nearest to a photo, a box or a face. */
export interface CentroidMembersTable {
  space: AlbumSpace;
  /** Id of the photo, the object or the face. */
  ownerId: number;
  photoId: number;
  albumId: string;
  /** Cosine similarity. */
  similarity: number;
}

export interface MaintenanceRunsTable {
  id: Generated<number>;
  task: MaintenanceTask;
  trigger: MaintenanceTrigger;
  state: "running" | "done" | "skipped" | "failed";
  /** What it did, or why it did nothing, in words. */
  summary: string;
  /** JSON: the same in numbers. */
  details: string;
  startedAt: number;
  finishedAt: Optional<number>;
}

export interface JobsTable {
  id: Generated<number>;
  kind: string;
  dedupeKey: Optional<string>;
  photoId: Optional<number>;
  payload: string;
  /** Higher goes first. */
  priority: Generated<number>;
  state: Generated<JobState>;
  attempts: Generated<number>;
  maxAttempts: number;
  /** Not claimed before this moment. */
  runAfter: number;
  leaseOwner: Optional<string>;
  leaseUntil: Optional<number>;
  errorCode: Optional<string>;
  errorReason: Optional<string>;
  progressDone: Generated<number>;
  progressTotal: Optional<number>;
  /** JSON: what a job that succeeded has to tell. */
  result: Optional<string>;
  createdAt: number;
  startedAt: Optional<number>;
  finishedAt: Optional<number>;
}

export interface QueuePausesTable {
  kind: string;
  pausedAt: number;
}

/** A city in which photos were taken; the id is that of the place data. */
export interface PlacesTable {
  id: number;
  name: string;
  /** The name without case and diacritics, for finding. */
  searchName: string;
  /** ISO 3166-1 alpha-2. */
  countryCode: string;
  latitude: number;
  longitude: number;
  population: number;
}

/** Where a photo was taken, in words; out of date where the coordinates or the source differ from the photo's. */
export interface PhotoPlacesTable {
  photoId: number;
  placeId: Optional<number>;
  countryCode: Optional<string>;
  /** From the middle of the city. */
  distanceKm: Optional<number>;
  latitude: number;
  longitude: number;
  /** The place data by name and version. */
  source: string;
}

/** A search that somebody keeps. */
export interface SavedSearchesTable {
  id: Generated<number>;
  name: string;
  /** What makes the name unique: without case. */
  nameKey: string;
  /** Query string. */
  query: string;
  createdAt: number;
  updatedAt: number;
}

/** Something that a user taught by examples; `query`: what a query means. */
export interface ConceptsTable {
  /** UUID. */
  id: string;
  kind: ConceptKind;
  name: string;
  /** What makes it unique among those of its kind. */
  nameKey: string;
  createdAt: number;
  updatedAt: number;
}

/** Statements about concepts that decisions make: see concepts/concept-decisions.ts. */
export interface ConceptFactsTable {
  id: Generated<number>;
  decisionId: number;
  conceptId: string;
  field: ConceptField;
  photoId: Optional<number>;
  value: Optional<string>;
  /** 0 while the decision is taken back. */
  isActive: Generated<number>;
}

export interface ConceptExamplesTable {
  conceptId: string;
  photoId: number;
  /** 0: a photo that does not show it. */
  isExample: number;
}

export interface ConceptModelsTable {
  conceptId: string;
  modelId: string;
  dimensions: number;
  /** Little-endian float32. */
  direction: Uint8Array;
  /** Cosine similarities. */
  strong: number;
  maybe: number;
  trainedAt: number;
}

export interface ConceptPhotosTable {
  conceptId: string;
  photoId: number;
  /** 0–1. */
  score: number;
  section: Section;
}

/** What the similarities of one text-image model mean in this library. */
export interface SimilarityBackgroundsTable {
  modelId: string;
  dimensions: number;
  /** Embeddings of unrelated texts one after the other, little-endian float32. */
  texts: Uint8Array;
  /** Photos that were drawn, pairs of them, and how many there were to draw from. */
  photos: number;
  photoPairs: number;
  libraryPhotos: number;
  textMedian: number;
  textSpread: number;
  photoMedian: number;
  photoSpread: number;
  computedAt: number;
}

export interface EvaluationsTable {
  id: Generated<number>;
  evaluatedAt: number;
  durationMs: number;
  /** JSON. */
  result: string;
}

/** Settings that a human decided on, and can take back. */
export interface SettingFactsTable {
  id: Generated<number>;
  decisionId: number;
  setting: string;
  /** JSON. */
  value: string;
  isActive: Generated<number>;
}

/** Sidecars of photos: the one whose metadata were taken in, and the one that the library wrote itself. */
export interface PhotoSidecarsTable {
  photoId: number;
  origin: "taken-in" | "written";
  /** Without its folder. */
  fileName: string;
  byteSize: number;
  modifiedAtMs: number;
}

export interface SettingsTable {
  key: string;
  value: string;
}

/** All tables, by the names that queries use. */
export interface Schema {
  folders: FoldersTable;
  photos: PhotosTable;
  photoSteps: PhotoStepsTable;
  derivatives: DerivativesTable;
  objects: ObjectsTable;
  tags: TagsTable;
  photoTags: PhotoTagsTable;
  removedPhotoTags: RemovedPhotoTagsTable;
  categories: CategoriesTable;
  categoryTags: CategoryTagsTable;
  textLines: TextLinesTable;
  faces: FacesTable;
  faceRegions: FaceRegionsTable;
  embeddings: EmbeddingsTable;
  servingModels: ServingModelsTable;
  fingerprints: FingerprintsTable;
  localFeatures: LocalFeaturesTable;
  duplicateGroups: DuplicateGroupsTable;
  duplicateMembers: DuplicateMembersTable;
  duplicatesApart: DuplicatesApartTable;
  duplicateChanges: DuplicateChangesTable;
  trashedFiles: TrashedFilesTable;
  decisions: DecisionsTable;
  persons: PersonsTable;
  prototypes: PrototypesTable;
  personFacts: PersonFactsTable;
  faceFacts: FaceFactsTable;
  libraryFacts: LibraryFactsTable;
  albums: AlbumsTable;
  albumPhotos: AlbumPhotosTable;
  centroids: CentroidsTable;
  centroidMembers: CentroidMembersTable;
  maintenanceRuns: MaintenanceRunsTable;
  jobs: JobsTable;
  queuePauses: QueuePausesTable;
  places: PlacesTable;
  photoPlaces: PhotoPlacesTable;
  savedSearches: SavedSearchesTable;
  concepts: ConceptsTable;
  conceptFacts: ConceptFactsTable;
  conceptExamples: ConceptExamplesTable;
  conceptModels: ConceptModelsTable;
  conceptPhotos: ConceptPhotosTable;
  similarityBackgrounds: SimilarityBackgroundsTable;
  evaluations: EvaluationsTable;
  settingFacts: SettingFactsTable;
  settings: SettingsTable;
  photoSidecars: PhotoSidecarsTable;
}
