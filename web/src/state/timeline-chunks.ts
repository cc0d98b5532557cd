/**
 * The photos of the timeline that are in memory, in pieces of a month: a page of a million photos fetches those near the
 * screen and lets go of those seen longest ago.
 */
import { signal } from "@preact/signals";
import type { PhotoSummary } from "../../../src/api/photos.ts";
import { api } from "../api-client.ts";

/** Photos of one piece: a few screens; 50 kB of JSON, read in under a millisecond (2026-11, desktop). */
const CHUNK_SIZE = 200;

/** Pieces kept in memory: 20,000 photos. */
const MAX_CHUNKS = 100;

/** Photos `from` (inclusive) to `to` (exclusive) of a month, newest first. */
export interface MonthRange {
  readonly month: string;
  readonly from: number;
  readonly to: number;
}

/** A piece of a month: photos from `chunk` times its size on. */
interface ChunkPlace {
  readonly month: string;
  readonly chunk: number;
}

interface Chunk extends ChunkPlace {
  readonly photos: readonly PhotoSummary[];
}

const chunks = new Map<string, Chunk>();
const pending = new Map<string, { readonly chunk: Promise<Chunk>; readonly controller: AbortController }>();
let shown: readonly ChunkPlace[] = [];

/** Counts changes of what is in memory: whoever draws photos reads it. */
export const chunkChanges = signal(0);

const keyOf = ({ month, chunk }: ChunkPlace) => `${month} ${chunk}`;

/** The photo at a place of a month; undefined while it is not in memory. */
export function photoAt(month: string, index: number): PhotoSummary | undefined {
  const chunk = Math.floor(index / CHUNK_SIZE);
  return chunks.get(`${month} ${chunk}`)?.photos[index - chunk * CHUNK_SIZE];
}

/** Where a photo in memory stands. */
export function placeOf(photoId: number): { readonly month: string; readonly index: number } | undefined {
  for (const { month, chunk, photos } of chunks.values()) {
    const index = photos.findIndex(({ id }) => id === photoId);
    if (index >= 0) return { month, index: chunk * CHUNK_SIZE + index };
  }
  return undefined;
}

/** Where a photo stands in a month, if it is in memory. */
export function indexInMonth(month: string, photoId: number): number | undefined {
  for (const { month: ofMonth, chunk, photos } of chunks.values()) {
    if (ofMonth !== month) continue;
    const index = photos.findIndex(({ id }) => id === photoId);
    if (index >= 0) return chunk * CHUNK_SIZE + index;
  }
  return undefined;
}

/** The pieces that hold a range. */
function chunksOf({ month, from, to }: MonthRange): ChunkPlace[] {
  const places: ChunkPlace[] = [];
  for (let chunk = Math.floor(from / CHUNK_SIZE); chunk * CHUNK_SIZE < to; chunk++)
    places.push({ month, chunk });
  return places;
}

/** The pieces near the screen. */
export function shownChunks(): readonly ChunkPlace[] {
  return shown;
}

/**
 * Says what is near the screen: it is fetched, and let go last. Fetches of what flew past meanwhile are given up: browsers
 * make few requests at a time, and pictures wait behind them. `onError` hears of one that failed.
 */
export function showRanges(ranges: readonly MonthRange[], onError: (error: unknown) => void): void {
  shown = ranges.flatMap(chunksOf);
  const wanted = new Set(shown.map(keyOf));
  for (const [key, { controller }] of pending) if (!wanted.has(key)) controller.abort();
  for (const place of shown) {
    const key = keyOf(place);
    const known = chunks.get(key);
    if (known) {
      chunks.delete(key);
      chunks.set(key, known);
    } else if (!pending.has(key)) {
      fetchChunk(place).then(
        (chunk) => holdChunks([chunk]),
        (error: unknown) => {
          if (!(error instanceof DOMException && error.name === "AbortError")) onError(error);
        },
      );
    }
  }
}

/** Sees to it that a range is in memory; rejects with what went wrong. */
export async function ensureRange(range: MonthRange): Promise<void> {
  const missing = chunksOf(range).filter((place) => !chunks.has(keyOf(place)));
  if (missing.length > 0) holdChunks(await fetchChunks(missing));
}

/** The pieces as they are on the server now; they are not kept until {@link holdChunks} is told to. */
export function fetchChunks(places: readonly ChunkPlace[]): Promise<readonly Chunk[]> {
  return Promise.all(
    places.map(async (place) => {
      const { photos } = await api.timelineSlice(place.month, place.chunk * CHUNK_SIZE, CHUNK_SIZE);
      return { ...place, photos };
    }),
  );
}

function fetchChunk(place: ChunkPlace): Promise<Chunk> {
  const key = keyOf(place);
  const controller = new AbortController();
  const chunk = api
    .timelineSlice(place.month, place.chunk * CHUNK_SIZE, CHUNK_SIZE, controller.signal)
    .then(({ photos }) => ({ ...place, photos }))
    .finally(() => pending.delete(key));
  pending.set(key, { chunk, controller });
  return chunk;
}

/** Keeps pieces in memory; those shown longest ago make room. */
export function holdChunks(held: readonly Chunk[]): void {
  for (const chunk of held) {
    chunks.delete(keyOf(chunk));
    chunks.set(keyOf(chunk), chunk);
  }
  const near = new Set(shown.map(keyOf));
  for (const key of chunks.keys()) {
    if (chunks.size <= MAX_CHUNKS) break;
    if (!near.has(key)) chunks.delete(key);
  }
  if (held.length > 0) chunkChanges.value++;
}

/** Forgets all pieces of these months, and fetches of them that are on their way. */
export function dropChunksOf(months: ReadonlySet<string>): void {
  for (const [key, { month }] of chunks) if (months.has(month)) chunks.delete(key);
  for (const [key, { controller }] of pending) {
    if (months.has(key.slice(0, key.lastIndexOf(" ")))) controller.abort();
  }
  if (months.size > 0) chunkChanges.value++;
}
