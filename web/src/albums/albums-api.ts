import type { AlbumDetails, ChangedAlbum, SpaceStats } from "../../../src/api/albums.ts";
import type { Decided } from "../../../src/api/people.ts";
import type { ALBUM_SPACES } from "../../../src/core/album-space.ts";
import { type AcceptedJob, get, post } from "../api-client.ts";

/** What an auto-album is made of. */
export type AlbumSpace = (typeof ALBUM_SPACES)[number];

/** What the pages of albums ask the server. All of them reject with `ApiError`. */
export const albumsApi = {
  album: (id: string, query: string, signal?: AbortSignal) =>
    get<AlbumDetails>(`/albums/${id}?${query}`, signal),
  change: (id: string, changes: AlbumChanges) => post<ChangedAlbum>(`/albums/${id}`, changes, "PUT"),
  remove: (id: string) => post<Decided>(`/albums/${id}`, undefined, "DELETE"),
  stats: (space: AlbumSpace, signal?: AbortSignal) => get<SpaceStats>(`/clusters/${space}/stats`, signal),
  train: (space: AlbumSpace) => post<AcceptedJob>(`/clusters/${space}/train`, {}),
};

/** What is to change; what is absent stays. */
export interface AlbumChanges {
  readonly title?: string | null;
  readonly coverPhotoId?: number | null;
  readonly removePhotoIds?: readonly number[];
}
