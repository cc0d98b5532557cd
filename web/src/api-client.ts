import { signal } from "@preact/signals";
import type { AlbumPage, ChangedAlbum } from "../../src/api/albums.ts";
import type { IngestResult } from "../../src/api/ingest.ts";
import type {
  Assigned,
  ChangedPerson,
  ClusterDetails,
  ClusterPage,
  Decided,
  DrawnFace,
  FacePage,
  FaceStats,
  HistoryPage,
  LabelClusterAnswer,
  MergeAnswer,
  PeopleSuggestion,
  Person,
  PersonPage,
  SplitClusterAnswer,
  SplitPersonAnswer,
  UpdatePersonRequest,
} from "../../src/api/people.ts";
import type { Box } from "../../src/core/geometry.ts";
import type { PhotosChanged } from "../../src/api/photo-changes.ts";
import type {
  PhotoDetails,
  PhotoPage,
  PhotoSummary,
  Timeline,
  TimelineMonth,
  TimelineShapes,
} from "../../src/api/photos.ts";
import type { SearchResult, SuggestResult } from "../../src/api/search.ts";
import type { SimilarResult } from "../../src/api/similar.ts";
import type { JobPage, ModelList, Stats } from "../../src/api/system.ts";
import type { Download } from "../../src/api/downloads.ts";
import type { Problem } from "../../src/api/common.ts";
import { strings } from "./strings.ts";

const API = "/api/v1";

/** When what the server said last was kept (ISO 8601), while it cannot be reached; undefined while answers are fresh. */
export const keptSince = signal<string | undefined>(undefined);

/** A request that failed; `message` is for people. `status` is 0 when the server could not be reached. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
  }
}

/** A named set of tags. */
export interface Category {
  readonly id: number;
  readonly name: string;
  readonly tags: readonly string[];
}

/** Who faces are to be: a person that is there, or a name, for which one is made if there is none. */
export type Whom = { readonly personId: string } | { readonly name: string };

/** What is decided of several photos at once. */
export interface PhotoChanges {
  readonly addTags?: readonly string[];
  readonly removeTags?: readonly string[];
  readonly isFavourite?: boolean;
  readonly rating?: number | null;
  readonly title?: string | null;
  readonly description?: string | null;
  readonly hide?: true;
}

/** Answer to something that goes on in the background. */
export interface AcceptedJob {
  readonly jobId: number;
}

/** Sends a request below the API; rejects with {@link ApiError} unless it is answered with success. */
export async function send(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(API + path, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(0, "offline", strings.common.offline);
  }
  const kept = response.headers.get("x-keepsight-kept");
  if (keptSince.peek() !== (kept ?? undefined)) keptSince.value = kept ?? undefined;
  if (!response.ok) throw await toApiError(response);
  return response;
}

async function toApiError(response: Response): Promise<ApiError> {
  const problem = (await response.json().catch(() => undefined)) as Partial<Problem> | undefined;
  const fields = problem?.errors?.map((error) => `${error.field}: ${error.message}`).join(" · ");
  const message = [problem?.detail ?? problem?.title, fields].filter(Boolean).join(" ");
  return new ApiError(
    response.status,
    problem?.code ?? "unknown",
    message || strings.common.unexpected(response.status),
  );
}

/** Fetches JSON from a path below the API; rejects with {@link ApiError}. For the calls of a single page. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await send(path, signal ? { signal } : {});
  return (await response.json()) as T;
}

/** Sends JSON to a path below the API and gives its answer; rejects with {@link ApiError}. */
export async function post<T>(path: string, body?: unknown, method = "POST"): Promise<T> {
  const init: RequestInit = { method };
  if (body !== undefined) {
    init.headers = { "content-type": "application/json" };
    init.body = JSON.stringify(body);
  }
  const response = await send(path, init);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** Photos found but not analysed yet have nothing to show: the timeline gets them when they do. */
const SHOWABLE = "status=completed&status=partial&status=failed";

/** Every call of the HTTP API that the app makes. All of them reject with {@link ApiError}. */
export const api = {
  timeline: (signal?: AbortSignal) => get<Timeline>(`/timeline?${SHOWABLE}`, signal),
  timelineShapes: (days?: number) =>
    get<TimelineShapes>(`/timeline/shapes?${SHOWABLE}${days === undefined ? "" : `&days=${days}`}`),
  timelineSlice: (month: string, offset: number, limit: number, signal?: AbortSignal) =>
    get<TimelineMonth>(`/timeline/${month}?${SHOWABLE}&offset=${offset}&limit=${limit}`, signal),
  photos: (query: string, signal?: AbortSignal) => get<PhotoPage>(`/photos?${query}`, signal),
  photo: (id: number, signal?: AbortSignal) => get<PhotoDetails>(`/photos/${id}`, signal),
  hidePhoto: async (id: number): Promise<void> => void (await send(`/photos/${id}`, { method: "DELETE" })),
  reprocessPhoto: (id: number, steps?: readonly string[]) =>
    post<AcceptedJob>(`/photos/${id}/reprocess`, steps ? { steps } : {}),
  changePhotos: (photoIds: readonly number[], changes: PhotoChanges) =>
    post<PhotosChanged>("/photos/bulk", { photoIds, ...changes }),
  prepareDownload: (photoIds: readonly number[]) => post<Download>("/downloads", { photoIds }),
  albums: (query: string, signal?: AbortSignal) => get<AlbumPage>(`/albums?${query}`, signal),
  createAlbum: (title: string, photoIds: readonly number[]) =>
    post<ChangedAlbum>("/albums", { title, photoIds }),
  addToAlbum: (id: string, addPhotoIds: readonly number[]) =>
    post<ChangedAlbum>(`/albums/${id}`, { addPhotoIds }, "PUT"),
  search: (query: string, signal?: AbortSignal) => get<SearchResult>(`/search?${query}`, signal),
  similar: (photoId: number, limit: number) => post<SimilarResult>("/search/similar", { photoId, limit }),
  suggest: (q: string, kinds: readonly string[], limit: number, signal?: AbortSignal) =>
    get<SuggestResult>(`/search/suggest?${suggestQuery(q, kinds, limit)}`, signal),
  stats: (signal?: AbortSignal) => get<Stats>("/stats", signal),
  jobs: (query: string, signal?: AbortSignal) => get<JobPage>(`/jobs?${query}`, signal),
  retryJob: (id: number) => post<unknown>(`/jobs/${id}/retry`),
  retryFailed: (kind: string) => post<unknown>(`/queues/${encodeURIComponent(kind)}/retry-failed`),
  cancelJob: (id: number) => post<unknown>(`/jobs/${id}/cancel`),
  pauseQueue: (kind: string) => post<unknown>(`/queues/${encodeURIComponent(kind)}/pause`),
  resumeQueue: (kind: string) => post<unknown>(`/queues/${encodeURIComponent(kind)}/resume`),
  models: (signal?: AbortSignal) => get<ModelList>("/models", signal),
  pullModel: (id: string) => post<AcceptedJob>(`/models/${encodeURIComponent(id)}/pull`),
  categories: (signal?: AbortSignal) => get<{ readonly items: readonly Category[] }>("/categories", signal),
  persons: (query: string, signal?: AbortSignal) => get<PersonPage>(`/persons?${query}`, signal),
  person: (id: string, signal?: AbortSignal) => get<Person>(`/persons/${id}`, signal),
  personPhotos: (id: string, query: string, signal?: AbortSignal) =>
    get<PhotoPage>(`/persons/${id}/photos?${query}`, signal),
  personFaces: (id: string, query: string, signal?: AbortSignal) =>
    get<FacePage>(`/persons/${id}/faces?${query}`, signal),
  /** Questions about everybody, or about one person. */
  suggestions: (personId: string | undefined, limit: number, signal?: AbortSignal) =>
    get<{ readonly items: readonly PeopleSuggestion[] }>(
      `/persons/${personId === undefined ? "" : `${personId}/`}suggestions?limit=${limit}`,
      signal,
    ),
  updatePerson: (id: string, changes: UpdatePersonRequest) =>
    post<ChangedPerson>(`/persons/${id}`, changes, "PUT"),
  deletePerson: (id: string) => post<Decided>(`/persons/${id}`, undefined, "DELETE"),
  hidePersons: (personIds: readonly string[], isHidden: boolean) =>
    post<Decided>("/persons/hide", { personIds, isHidden }),
  mergePersons: (sourcePersonIds: readonly string[], targetPersonId: string) =>
    post<MergeAnswer>("/persons/merge", { sourcePersonIds, targetPersonId }),
  splitPerson: (id: string, faceIds: readonly number[], name: string) =>
    post<SplitPersonAnswer>(`/persons/${id}/split`, { faceIds, name }),
  distinguishPersons: (id: string, otherPersonId: string) =>
    post<Decided>(`/persons/${id}/distinguish`, { otherPersonId }),
  faceStats: (signal?: AbortSignal) => get<FaceStats>("/faces/stats", signal),
  photoFaces: (photoId: number, signal?: AbortSignal) => get<FacePage>(`/faces/photos/${photoId}`, signal),
  drawFace: (photoId: number, box: Box, whom: Whom | undefined) =>
    post<DrawnFace>(`/faces/photos/${photoId}`, { box, ...whom }),
  assignFaces: (faceIds: readonly number[], whom: Whom) =>
    post<Assigned>("/faces/assign", { faceIds, ...whom }),
  /** Without `personId`: whom each of them is taken for. */
  rejectFaces: (faceIds: readonly number[], personId?: string) =>
    post<Decided>("/faces/reject", { faceIds, ...(personId === undefined ? {} : { personId }) }),
  ignoreFaces: (faceIds: readonly number[]) => post<Decided>("/faces/ignore", { faceIds }),
  removeFaces: (faceIds: readonly number[]) => post<Decided>("/faces/remove", { faceIds }),
  clusters: (query: string, signal?: AbortSignal) => get<ClusterPage>(`/faces/clusters?${query}`, signal),
  cluster: (id: string, query: string, signal?: AbortSignal) =>
    get<ClusterDetails>(`/faces/clusters/${id}?${query}`, signal),
  labelCluster: (id: string, name: string) =>
    post<LabelClusterAnswer>(`/faces/clusters/${id}/label`, { name }),
  splitCluster: (id: string) => post<SplitClusterAnswer>(`/faces/clusters/${id}/split`, {}),
  history: (query: string, signal?: AbortSignal) => get<HistoryPage>(`/history?${query}`, signal),
  undo: (decisionId: number) => post<Decided>(`/history/${decisionId}/undo`),
  addFolder: (path: string) => post<AcceptedJob>("/ingest/directory", { path }),
  upload: uploadBatch,
};

function suggestQuery(q: string, kinds: readonly string[], limit: number): string {
  const parameters = new URLSearchParams({ q, limit: String(limit) });
  for (const kind of kinds) parameters.append("kind", kind);
  return parameters.toString();
}

/** Uploads up to 64 files; `onResult` hears of each one as soon as the server answers its line. */
async function uploadBatch(files: readonly File[], onResult: (result: IngestResult) => void): Promise<void> {
  const form = new FormData();
  for (const file of files) form.append("file", file, file.name);
  const response = await send("/ingest/batch", { method: "POST", body: form });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    const lines = (rest + (value ?? "")).split("\n");
    rest = done ? "" : lines.pop()!;
    for (const line of lines) if (line.trim()) onResult(JSON.parse(line) as IngestResult);
    if (done) return;
  }
}

type Versioned = Pick<PhotoSummary, "id" | "version">;

/** Address of a photo's thumbnail (400 px). */
export function thumbnailUrl(photo: Versioned): string {
  return `${API}/photos/${photo.id}/thumbnail?v=${photo.version}`;
}

/** Address of a photo's preview (up to 1344 px). */
export function previewUrl(photo: Versioned): string {
  return `${API}/photos/${photo.id}/preview?v=${photo.version}`;
}

/** Address of a photo's original file. */
export function originalUrl(photo: Pick<PhotoSummary, "id">): string {
  return `${API}/photos/${photo.id}/original`;
}

/** Address of the archive of a download. */
export function downloadUrl(id: string): string {
  return `${API}/downloads/${id}`;
}

/** Address of the picture of a face. */
export function faceUrl(faceId: number): string {
  return `${API}/faces/${faceId}/thumbnail`;
}

/** Address of a search's results as a file. */
export function exportUrl(query: string, format: "csv" | "json"): string {
  return `${API}/search/export?${query}${query === "" ? "" : "&"}as=${format}`;
}

/** Address of the stream of events. */
export const EVENTS_URL = `${API}/events`;
