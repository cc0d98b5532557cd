import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { ALBUM_SPACES, type AlbumSpace } from "../../core/album-space.ts";
import { KeepsightError } from "../../core/errors.ts";
import { MIN_ALBUM_PHOTOS } from "../../database/albums/album-store.ts";
import type { SpaceCounts, SpacePage, SpaceStore } from "../../database/albums/space-store.ts";
import type { AlbumFacts } from "../../database/albums/title-facts.ts";
import type { SettingsStore } from "../../database/settings-store.ts";
import { dotProduct } from "../../math/vector.ts";
import { numberTitles, titleAlbum } from "./title-album.ts";
import type { AssignmentTask, TrainedCentroids, TrainingSample } from "./train-centroids.ts";

/** Embeddings read, and given to their centroids, at a time. */
const PAGE = 5000;

/** Enough examples of each cluster to find its centre: what FAISS takes for the lists of its inverted files. */
const SAMPLE_PER_CENTROID = 256;
const LARGEST_SAMPLE = 65_536;

/** Of fewer embeddings no albums are made. */
const MIN_EMBEDDINGS = 12;
const MOST_CENTROIDS = 256;

/** Faces of one centroid, about. */
const FACES_PER_CENTROID = 8;

/** Setting: what each space looked like when it was trained last. */
const SEEN_SETTING = "albums.trained";

/** How a space stands, and what it lacks where it cannot be put into albums. */
export interface SpaceState extends SpaceCounts {
  readonly space: AlbumSpace;
  readonly modelId?: string;
  /** Why nothing can be put together, and what to do about it. */
  readonly reason?: string;
}

/** What a training did, or why it did nothing. */
export type Training =
  | { readonly isSkipped: true; readonly reason: string }
  | {
      readonly isSkipped: false;
      readonly embeddings: number;
      readonly centroids: number;
      /** Embeddings that belong to another album than before. */
      readonly moved: number;
    };

/** Albums that make themselves: of photos, people, vehicles and faces that look alike. */
export interface AutoAlbums {
  state(space: AlbumSpace): Promise<SpaceState>;
  /** `model_missing` where the space has nothing to work on. */
  checkTrainable(space: AlbumSpace): Promise<void>;
  /** Computes centroids anew, going on from those there are, gives everything to the nearest, and titles the albums. */
  train(
    space: AlbumSpace,
    options: { readonly clusterCount?: number },
    context: { readonly signal: AbortSignal; setProgress(done: number, total?: number): Promise<void> },
  ): Promise<Training>;
  /** Trains a space unless nothing came or went since the last time. */
  rebalance(space: AlbumSpace, context: Parameters<AutoAlbums["train"]>[2]): Promise<Training>;
  /** The photo joins the albums it is nearest to. Gives the spaces that have no centroids yet though they could. */
  join(photoId: number): Promise<readonly AlbumSpace[]>;
}

export interface AutoAlbumsOptions {
  readonly spaces: SpaceStore;
  readonly settings: SettingsStore;
  readonly readFacts: (space: AlbumSpace) => Promise<readonly AlbumFacts[]>;
  /** The model whose embeddings are searched. */
  readonly servingModel: (kind: "photo" | "face") => string | undefined;
  /** Computes in a thread. */
  readonly compute: {
    train(sample: TrainingSample, signal: AbortSignal): Promise<TrainedCentroids>;
    assign(
      task: AssignmentTask,
      signal: AbortSignal,
    ): Promise<{ readonly labels: Int32Array; readonly similarities: Float64Array }>;
  };
}

interface Seen {
  readonly modelId: string;
  readonly count: number;
  readonly newestId: number;
}

const MISSING: Readonly<Record<"photo" | "face", string>> = {
  photo:
    "Putting together what looks alike needs a text-image model, and none has seen photos of this library yet: `keepsight models list` shows which can be installed. Albums of faces work without one.",
  face: "Putting faces together needs a model for recognising faces, and none has seen faces of this library yet: `keepsight models list` shows which can be installed.",
};

const kindOf = (space: AlbumSpace) => (space === "faces" ? "face" : "photo");

export function createAutoAlbums(options: AutoAlbumsOptions): AutoAlbums {
  const { spaces, settings, compute } = options;
  const modelOf = (space: AlbumSpace) => options.servingModel(kindOf(space));
  /** Centroids in memory by space and model, for photos that come in. */
  const known = new Map<string, ReturnType<SpaceStore["centroids"]>>();

  function centroidsOf(space: AlbumSpace, modelId: string) {
    const key = `${space} ${modelId}`;
    const read = known.get(key) ?? spaces.centroids(space, modelId);
    known.set(key, read);
    read.catch(() => known.delete(key));
    return read;
  }

  async function readSample(space: AlbumSpace, modelId: string, count: number, clusterCount: number) {
    const size = Math.min(LARGEST_SAMPLE, clusterCount * SAMPLE_PER_CENTROID);
    const step = Math.max(1, Math.ceil(count / size));
    const pages: SpacePage[] = [];
    for (let afterOwnerId = 0; ;) {
      const page = await spaces.readPage({ space, modelId, afterOwnerId, limit: PAGE, step });
      if (page.ownerIds.length === 0) break;
      pages.push(page);
      afterOwnerId = page.ownerIds.at(-1)!;
    }
    return pages;
  }

  async function train(
    space: AlbumSpace,
    { clusterCount }: { readonly clusterCount?: number },
    { signal, setProgress }: Parameters<AutoAlbums["train"]>[2],
  ): Promise<Training> {
    const modelId = modelOf(space);
    if (modelId === undefined) return { isSkipped: true, reason: MISSING[kindOf(space)] };
    const { count, newestId } = await spaces.extent(space, modelId);
    if (count < MIN_EMBEDDINGS) {
      return {
        isSkipped: true,
        reason: `There are only ${count} to put together; albums begin with ${MIN_EMBEDDINGS}.`,
      };
    }
    const wanted = clusterCount ?? usualCount(space, count);
    const pages = await readSample(space, modelId, count, wanted);
    // So few that the sample by every so many-th id missed them all.
    if (pages.length === 0)
      return { isSkipped: true, reason: "Photos went while they were being put together." };
    const albumIds = await findCentroids(space, modelId, pages, wanted, signal);
    const moved = await assignAll(space, modelId, albumIds, count, { signal, setProgress });
    await spaces.settle(space, modelId);
    await titleAll(space);
    known.clear();
    await settings.set(`${SEEN_SETTING}.${space}`, { modelId, count, newestId } satisfies Seen);
    return { isSkipped: false, embeddings: count, centroids: albumIds.length, moved };
  }

  /** Computes and stores the centroids. */
  async function findCentroids(
    space: AlbumSpace,
    modelId: string,
    pages: readonly SpacePage[],
    wanted: number,
    signal: AbortSignal,
  ): Promise<readonly { readonly albumId: string; readonly embedding: Float32Array }[]> {
    const { dimensions } = pages[0]!;
    const memberOf = pages.flatMap(({ albumIds }) => albumIds);
    const former = await keptAlbums(space, memberOf, wanted);
    const indexOf = new Map(former.map((albumId, i) => [albumId, i]));
    const trained = await compute.train(
      {
        task: "train",
        embeddings: await concatenate(pages.map(({ embeddings }) => embeddings)),
        dimensions,
        labels: Int32Array.from(memberOf, (albumId) => indexOf.get(albumId) ?? -1),
        formerCount: former.length,
        clusterCount: wanted,
      },
      signal,
    );
    const centroids = Array.from(trained.former, (label, i) => ({
      albumId: label === -1 ? randomUUID() : former[label]!,
      embedding: trained.centroids.slice(i * dimensions, (i + 1) * dimensions),
    }));
    await spaces.replaceCentroids(space, modelId, centroids);
    return centroids;
  }

  /** Albums that go on: all of which a human said something, then the largest, as many as are wanted. */
  async function keptAlbums(space: AlbumSpace, memberOf: readonly string[], wanted: number) {
    const sizes = new Map<string, number>();
    for (const albumId of memberOf) if (albumId !== "") sizes.set(albumId, (sizes.get(albumId) ?? 0) + 1);
    const decided = await spaces.decidedAlbums(space);
    const byWeight = [...sizes].toSorted(
      ([one, size], [other, otherSize]) =>
        Number(decided.has(other)) - Number(decided.has(one)) || otherSize - size || (one < other ? -1 : 1),
    );
    return byWeight.filter(([albumId], i) => i < wanted || decided.has(albumId)).map(([albumId]) => albumId);
  }

  async function assignAll(
    space: AlbumSpace,
    modelId: string,
    centroids: readonly { readonly albumId: string; readonly embedding: Float32Array }[],
    count: number,
    { signal, setProgress }: Parameters<AutoAlbums["train"]>[2],
  ): Promise<number> {
    const matrix = await concatenate(centroids.map(({ embedding }) => embedding));
    let done = 0;
    let moved = 0;
    for (let afterOwnerId = 0; ;) {
      signal.throwIfAborted();
      const page = await spaces.readPage({ space, modelId, afterOwnerId, limit: PAGE });
      if (page.ownerIds.length === 0) return moved;
      const { embeddings, dimensions } = page;
      const task = { task: "assign", centroids: matrix, embeddings, dimensions } as const;
      const { labels, similarities } = await compute.assign(task, signal);
      const members = page.ownerIds.map((ownerId, i) => ({
        ownerId,
        photoId: page.photoIds[i]!,
        albumId: centroids[labels[i]!]!.albumId,
        similarity: similarities[i]!,
      }));
      moved += members.filter(({ albumId }, i) => albumId !== page.albumIds[i]).length;
      await spaces.saveMembers(space, members);
      done += members.length;
      await setProgress(done, count);
      afterOwnerId = page.ownerIds.at(-1)!;
    }
  }

  async function titleAll(space: AlbumSpace): Promise<void> {
    const facts = (await options.readFacts(space)).toSorted((one, other) => other.photos - one.photos);
    const titles = numberTitles(facts.map((album) => titleAlbum(album, space)));
    await spaces.setAutoTitles(new Map(facts.map(({ albumId }, i) => [albumId, titles[i]!])));
  }

  async function join(photoId: number): Promise<readonly AlbumSpace[]> {
    const untrained: AlbumSpace[] = [];
    for (const space of ALBUM_SPACES) {
      const modelId = modelOf(space);
      if (modelId === undefined) continue;
      const centroids = await centroidsOf(space, modelId);
      const page = await spaces.ofPhoto(space, modelId, photoId);
      if (centroids.length === 0) {
        if (page.ownerIds.length > 0) untrained.push(space);
        continue;
      }
      const members = page.ownerIds.map((ownerId, i) => {
        const embedding = page.embeddings.subarray(i * page.dimensions, (i + 1) * page.dimensions);
        return { ownerId, photoId, ...findNearest(centroids, embedding) };
      });
      await spaces.joinPhoto(space, photoId, members);
    }
    return untrained;
  }

  return {
    train,
    join,
    async state(space) {
      const modelId = modelOf(space);
      const counts = await spaces.counts(space, modelId ?? "", MIN_ALBUM_PHOTOS);
      if (modelId === undefined) return { space, ...counts, reason: MISSING[kindOf(space)] };
      return { space, modelId, ...counts };
    },
    async checkTrainable(space) {
      if (modelOf(space) === undefined) throw new KeepsightError("model_missing", MISSING[kindOf(space)]);
    },
    async rebalance(space, context) {
      const modelId = modelOf(space);
      if (modelId === undefined) return { isSkipped: true, reason: MISSING[kindOf(space)] };
      const seen = (await settings.get(`${SEEN_SETTING}.${space}`)) as Seen | undefined;
      const { count, newestId } = await spaces.extent(space, modelId);
      if (seen?.modelId === modelId && seen.count === count && seen.newestId === newestId)
        return { isSkipped: true, reason: "Nothing came or went since the last time." };
      return train(space, {}, context);
    },
  };
}

/**
 * The root of half the number: a few photos an album in a small library, some hundred in a large one. Of faces one for every
 * few: a centroid that several people share shows nobody.
 */
function usualCount(space: AlbumSpace, count: number): number {
  const wanted = space === "faces" ? count / FACES_PER_CENTROID : Math.sqrt(count / 2);
  return Math.min(MOST_CENTROIDS, Math.max(2, Math.round(wanted)));
}

function findNearest(
  centroids: readonly { readonly albumId: string; readonly embedding: Float32Array }[],
  embedding: Float32Array,
) {
  let best = { albumId: centroids[0]!.albumId, similarity: -Infinity };
  for (const { albumId, embedding: centroid } of centroids) {
    const similarity = dotProduct(centroid, embedding);
    if (similarity > best.similarity) best = { albumId, similarity };
  }
  return best;
}

/** The parts one after the other in memory that threads share: nothing of it is copied on the way to one. */
async function concatenate(parts: readonly Float32Array[]): Promise<Float32Array> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
    await setImmediate();
  }
  return whole;
}
