import { batch, computed, signal } from "@preact/signals";
import type { TimelineShapes } from "../../../src/api/photos.ts";
import { api, type ApiError } from "../api-client.ts";
import { onLibraryEvent } from "./events.ts";
import { hiddenPhotoIds, type PhotoSequence } from "./photo-sequence.ts";
import { toApiError } from "./resource.ts";
import { throttle } from "./throttle.ts";
import {
  dropChunksOf,
  ensureRange,
  fetchChunks,
  holdChunks,
  type MonthRange,
  photoAt,
  placeOf,
  shownChunks,
} from "./timeline-chunks.ts";

/** Enough days for several screens of any library; they arrive while the rest is still being counted. */
const FIRST_DAYS = 60;

/** During an import, the timeline is fetched again at most this often. */
const REFRESH_MS = 2000;

/** A refresh of a large library takes its time: then there are so many times as long a pause before the next. */
const REFRESH_PAUSE = 10;

/** A month of the timeline: everything its layout needs. */
export type ShapedMonth = TimelineShapes["months"][number];

/** The shapes of all photos; undefined until the first answer. */
export const timeline = signal<TimelineShapes | undefined>(undefined);

/** Why the timeline, or a part of it, could not be fetched. */
export const timelineError = signal<ApiError | undefined>(undefined);

/** Number of photos of a month. */
export function countOf(month: ShapedMonth): number {
  return month.days.reduce((sum, { shapes }) => sum + shapes.length, 0);
}

/** Where each month begins in the whole timeline, counted in photos, and how many it has. */
const monthStarts = computed(() => {
  let start = 0;
  return (timeline.value?.months ?? []).map((month) => {
    const place = { month: month.month, start, count: countOf(month) };
    start += place.count;
    return place;
  });
});

/** Months whose photos changed though their shapes may not have. */
const staleMonths = new Set<string>();
let lastRefreshMs = 0;
let refreshing: Promise<void> | undefined;
let next: Promise<void> | undefined;

/** Fetches the shapes, and again those photos on the screen that changed. */
export function refreshTimeline(): Promise<void> {
  if (refreshing) {
    // What is on its way may have been answered before what is to be seen happened.
    next ??= refreshing.then(() => {
      next = undefined;
      return refreshTimeline();
    });
    return next;
  }
  refreshing = refresh().finally(() => (refreshing = undefined));
  return refreshing;
}

async function refresh(): Promise<void> {
  const startedAt = performance.now();
  try {
    if (timeline.peek() === undefined) {
      const newest = await api.timelineShapes(FIRST_DAYS);
      if (newest.isComplete) {
        adopt(newest);
        return;
      }
      timeline.value = newest;
    }
    const fresh = await api.timelineShapes();
    const changed = changedMonths(timeline.peek(), fresh);
    for (const month of staleMonths) changed.add(month);
    staleMonths.clear();
    // Photos first, shapes after: what is on the screen is never drawn with the shapes of one and the photos of the other.
    const fetched = await fetchChunks(shownChunks().filter(({ month }) => changed.has(month)));
    batch(() => {
      dropChunksOf(changed);
      holdChunks(fetched);
      adopt(fresh, changed);
    });
  } catch (error) {
    timelineError.value = toApiError(error);
  } finally {
    lastRefreshMs = performance.now() - startedAt;
  }
}

/** Months that are as they were keep their identity: what was computed of them still holds. */
function adopt(fresh: TimelineShapes, changed: ReadonlySet<string> = new Set()): void {
  const before = new Map(timeline.peek()?.months.map((month) => [month.month, month]));
  const months = fresh.months.map((month) =>
    changed.has(month.month) ? month : (before.get(month.month) ?? month),
  );
  timeline.value = { ...fresh, months };
  timelineError.value = undefined;
}

function changedMonths(before: TimelineShapes | undefined, after: TimelineShapes): Set<string> {
  const shapesOf = ({ days }: ShapedMonth) => days.map(({ day, shapes }) => `${day}${shapes}`).join();
  const known = new Map(after.months.map((month) => [month.month, month]));
  const changed = new Set<string>();
  for (const month of before?.months ?? []) {
    const now = known.get(month.month);
    if (!now || shapesOf(now) !== shapesOf(month)) changed.add(month.month);
  }
  return changed;
}

const refreshSoon = throttle(
  () => void refreshTimeline(),
  () => Math.max(REFRESH_MS, lastRefreshMs * REFRESH_PAUSE),
);

/** Follows the library's events: new photos appear, analysed ones get their thumbnails. Gives back how to end it. */
export function followTimeline(): () => void {
  const stop = onLibraryEvent((event) => {
    if (event.type === "photo") {
      const place = placeOf(event.photoId);
      if (place) staleMonths.add(place.month);
      refreshSoon();
    }
    if (event.type === "library" && event.reason !== "models-changed") {
      // What people took away or brought back is to be seen at once.
      if (event.reason === "photos-removed") void refreshTimeline();
      refreshSoon();
    }
  });
  return () => {
    stop();
    refreshSoon.cancel();
  };
}

/** The ids of the photos from one place of the timeline to another, both included, counted from the newest. */
export async function timelineIdsBetween(first: number, last: number): Promise<number[]> {
  const ids: number[] = [];
  for (const { month, start, count } of monthStarts.peek()) {
    const range: MonthRange = {
      month,
      from: Math.max(0, first - start),
      to: Math.min(count, last + 1 - start),
    };
    if (range.from >= range.to) continue;
    await ensureRange(range);
    for (let index = range.from; index < range.to; index++) {
      const photo = photoAt(month, index);
      if (photo) ids.push(photo.id);
    }
  }
  return ids;
}

/** The timeline as the sequence in which opened photos follow one another. */
export const timelineSequence: PhotoSequence = {
  find: (photoId) => {
    const place = placeOf(photoId);
    return place && photoAt(place.month, place.index);
  },
  neighbour: async (photoId, step) => {
    const place = placeOf(photoId);
    if (!place) return undefined;
    const months = monthStarts.peek();
    let at = months.findIndex(({ month }) => month === place.month);
    let index = place.index + step;
    for (;;) {
      const month = months[at];
      if (!month) return undefined;
      if (index < 0 || index >= month.count) {
        at += step;
        index = step === 1 ? 0 : (months[at]?.count ?? 0) - 1;
        continue;
      }
      await ensureRange({ month: month.month, from: index, to: index + 1 });
      const photo = photoAt(month.month, index);
      if (!photo || !hiddenPhotoIds.peek().has(photo.id)) return photo;
      index += step;
    }
  },
};
