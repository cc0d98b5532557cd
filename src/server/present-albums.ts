import type { Album, SpaceStats } from "../api/albums.ts";
import type { Albums } from "../engine/albums/albums.ts";

/** Albums in the words and types of the HTTP API. */

type EngineAlbum = Awaited<ReturnType<Albums["curating"]["getAlbum"]>>;
type EngineState = Awaited<ReturnType<Albums["auto"]["state"]>>;

const toIso = (epochMs: number) => new Date(epochMs).toISOString();

/** An album as lists show it. */
export function toAlbum(album: EngineAlbum): Album {
  return {
    id: album.id,
    kind: album.kind,
    space: album.space ?? null,
    title: album.title,
    autoTitle: album.autoTitle ?? null,
    description: album.description ?? null,
    photoCount: album.photoCount,
    coverPhotoId: album.coverPhotoId ?? null,
    coverVersion: album.coverVersion ?? null,
    isCoverChosen: album.isCoverChosen,
    firstDay: album.firstDay ?? null,
    lastDay: album.lastDay ?? null,
    createdAt: toIso(album.createdAt),
    updatedAt: toIso(album.updatedAt),
  };
}

/** How a space stands. */
export function toSpaceStats(state: EngineState): SpaceStats {
  return {
    space: state.space,
    isAvailable: state.reason === undefined,
    reason: state.reason ?? null,
    modelId: state.modelId ?? null,
    embeddings: state.embeddings,
    assigned: state.assigned,
    centroids: state.centroids,
    albums: state.albums,
    meanSimilarity: state.meanSimilarity ?? null,
    smallest: state.smallest ?? null,
    largest: state.largest ?? null,
    trainedAt: state.trainedAt === undefined ? null : toIso(state.trainedAt),
  };
}
