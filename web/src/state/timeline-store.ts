import { computed, signal } from "@preact/signals";
import type { PhotoSummary, Timeline } from "../../../src/api/photos.ts";
import { api, type ApiError } from "../api-client.ts";
import { onLibraryEvent } from "./events.ts";
import { hiddenPhotoIds, type PhotoSequence } from "./photo-sequence.ts";
import { toApiError } from "./resource.ts";
import { throttle } from "./throttle.ts";

/** Photos kept in memory; beyond this the months not seen for longest are let go and fetched again when needed. */
const MAX_PHOTOS_IN_MEMORY = 20_000;

/** During an import, months are fetched again at most this often. */
const REFRESH_MS = 2000;

/** A refresh of large months takes its time: then there are so many times as long a pause before the next. */
const REFRESH_PAUSE = 10;

/** How many photos each month has; undefined until the first answer. */
export const timeline = signal<Timeline | undefined>(undefined);

/** Why the timeline could not be fetched. */
export const timelineError = signal<ApiError | undefined>(undefined);

/** Photos of the months in memory, newest first. */
export const loadedMonths = signal<ReadonlyMap<string, readonly PhotoSummary[]>>(new Map());

/** Photos of the months in memory without those hidden meanwhile. */
export const shownMonths = computed(() => {
  const hidden = hiddenPhotoIds.value;
  if (hidden.size === 0) return loadedMonths.value;
  return new Map(
    [...loadedMonths.value].map(([month, photos]) => [
      month,
      photos.some((photo) => hidden.has(photo.id)) ? photos.filter((photo) => !hidden.has(photo.id)) : photos,
    ]),
  );
});

const pending = new Map<string, Promise<readonly PhotoSummary[]>>();
const staleMonths = new Set<string>();
let lastRefreshMs = 0;
const refreshSoon = throttle(
  () => void refreshTimeline(),
  () => Math.max(REFRESH_MS, lastRefreshMs * REFRESH_PAUSE),
);

/** Fetches the counts, and again those months in memory that changed. */
export async function refreshTimeline(): Promise<void> {
  const startedAt = performance.now();
  const before = new Map(timeline.peek()?.months.map((month) => [month.month, month.count]));
  try {
    const fresh = await api.timeline();
    const after = new Map(fresh.months.map((month) => [month.month, month.count]));
    const stale = [...loadedMonths.peek().keys()].filter(
      (month) => staleMonths.has(month) || before.get(month) !== after.get(month),
    );
    staleMonths.clear();
    // Photos first, counts after: a month is never drawn with the height of one and the photos of the other.
    await Promise.all(stale.filter((month) => after.has(month)).map((month) => loadMonth(month)));
    const kept = [...loadedMonths.peek()].filter(([month]) => after.has(month));
    if (kept.length < loadedMonths.peek().size) loadedMonths.value = new Map(kept);
    timeline.value = fresh;
    timelineError.value = undefined;
  } catch (error) {
    timelineError.value = toApiError(error);
  }
  lastRefreshMs = performance.now() - startedAt;
}

/** The photos of a month: from memory, or fetched. Rejects with an ApiError. */
export function ensureMonth(month: string): Promise<readonly PhotoSummary[]> {
  const known = loadedMonths.peek().get(month);
  if (known) return Promise.resolve(known);
  return loadMonth(month);
}

function loadMonth(month: string, signal?: AbortSignal): Promise<readonly PhotoSummary[]> {
  const running = pending.get(month);
  if (running) return running;
  const load = api.timelineMonth(month, signal).then(({ photos }) => {
    const months = new Map(loadedMonths.peek());
    months.delete(month);
    months.set(month, photos);
    letGo(months);
    loadedMonths.value = months;
    timelineError.value = undefined;
    return photos;
  });
  pending.set(
    month,
    load.finally(() => pending.delete(month)),
  );
  return pending.get(month)!;
}

/** Fetches that began because their month came near the screen, by month. */
const approaching = new Map<string, AbortController>();

/**
 * Says which months are on the screen: they are fetched, and let go last. Fetches of months that flew past meanwhile are
 * given up: browsers make few requests at a time, and pictures wait behind them.
 */
export function showMonths(months: readonly string[]): void {
  for (const [month, controller] of approaching) if (!months.includes(month)) controller.abort();
  const all = loadedMonths.peek() as Map<string, readonly PhotoSummary[]>;
  for (const month of months) {
    const photos = all.get(month);
    if (photos) {
      all.delete(month);
      all.set(month, photos);
    } else void approach(month);
  }
}

async function approach(month: string): Promise<void> {
  if (pending.has(month)) return;
  const controller = new AbortController();
  approaching.set(month, controller);
  try {
    await loadMonth(month, controller.signal);
  } catch (error) {
    if (!controller.signal.aborted) timelineError.value = toApiError(error);
  } finally {
    approaching.delete(month);
  }
}

function letGo(months: Map<string, readonly PhotoSummary[]>): void {
  let total = 0;
  for (const photos of months.values()) total += photos.length;
  for (const [month, photos] of months) {
    if (total <= MAX_PHOTOS_IN_MEMORY || months.size <= 3) return;
    months.delete(month);
    total -= photos.length;
  }
}

function monthHolding(photoId: number): string | undefined {
  for (const [month, photos] of loadedMonths.peek()) {
    if (photos.some((photo) => photo.id === photoId)) return month;
  }
  return undefined;
}

/** Follows the library's events: new photos appear, analysed ones get their thumbnails. Gives back how to end it. */
export function followTimeline(): () => void {
  const stop = onLibraryEvent((event) => {
    if (event.type === "photo") {
      const month = monthHolding(event.photoId);
      if (month) staleMonths.add(month);
      refreshSoon();
    }
    if (event.type === "library" && event.reason !== "models-changed") refreshSoon();
  });
  return () => {
    stop();
    refreshSoon.cancel();
  };
}

/** The timeline as the sequence in which opened photos follow one another. */
export const timelineSequence: PhotoSequence = {
  find: (photoId) => {
    const month = monthHolding(photoId);
    return month === undefined
      ? undefined
      : loadedMonths
          .peek()
          .get(month)
          ?.find(({ id }) => id === photoId);
  },
  neighbour: async (photoId, step) => {
    const month = monthHolding(photoId);
    if (month === undefined) return undefined;
    const hidden = hiddenPhotoIds.peek();
    const months = timeline.peek()?.months ?? [];
    let at = months.findIndex((candidate) => candidate.month === month);
    let photos = await ensureMonth(month);
    let index = photos.findIndex((photo) => photo.id === photoId) + step;
    for (;;) {
      const photo = photos[index];
      if (photo && !hidden.has(photo.id)) return photo;
      if (photo) index += step;
      else {
        at += step;
        if (!months[at]) return undefined;
        photos = await ensureMonth(months[at]!.month);
        index = step === 1 ? 0 : photos.length - 1;
      }
    }
  },
};
