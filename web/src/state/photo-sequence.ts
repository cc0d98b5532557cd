import { signal } from "@preact/signals";
import type { PhotoSummary } from "../../../src/api/photos.ts";

/** The grid a photo was opened from: what comes before and after it. */
export interface PhotoSequence {
  /** What the grid knows of a photo, when it holds it. */
  find(photoId: number): PhotoSummary | undefined;
  /** The photo `step` places further (−1 or 1), fetched where needed; undefined at the ends. */
  neighbour(photoId: number, step: -1 | 1): Promise<PhotoSummary | undefined>;
}

/** The grid on the page now. */
export const photoSequence = signal<PhotoSequence | undefined>(undefined);

/** The photo that has, or last had, the keyboard in a grid or was open in the viewer. */
export const focusedPhotoId = signal<number | undefined>(undefined);

/** Photos hidden since the page was opened: they leave every grid at once. */
export const hiddenPhotoIds = signal<ReadonlySet<number>>(new Set());

/** The sequence of photos that a grid holds in one list; `loadMore` fetches the next ones when there are any. */
export function createListSequence(
  list: () => readonly PhotoSummary[],
  loadMore: () => Promise<void>,
): PhotoSequence {
  return {
    find: (photoId) => list().find((photo) => photo.id === photoId),
    neighbour: async (photoId, step) => {
      const index = list().findIndex((photo) => photo.id === photoId);
      if (index < 0) return undefined;
      if (index + step >= list().length) await loadMore();
      return list()[index + step];
    },
  };
}
