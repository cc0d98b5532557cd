import { computed, type ReadonlySignal, signal } from "@preact/signals";

/**
 * The photos of a grid that are chosen. Positions count from the grid's first photo; ranges reach over photos that are not
 * fetched yet.
 */
export interface PhotoSelection {
  readonly ids: ReadonlySignal<ReadonlySet<number>>;
  /** Whether anything is chosen: then a click chooses instead of opening. */
  readonly isActive: ReadonlySignal<boolean>;
  /** Adds or takes away one; later ranges begin at it. */
  toggle(photoId: number, position: number): void;
  /**
   * Gives everything from where a choice was made last up to here the same state as what was chosen there; what an earlier
   * call of the same gesture reached and this one does not is as it was before the gesture.
   */
  extendTo(position: number): Promise<void>;
  /** Adds all photos from one position to another, or takes them away when all are chosen. */
  toggleRange(first: number, last: number): Promise<void>;
  /** Chooses nothing. */
  clear(): void;
}

/** A choice of photos; empty at first. `idsBetween` gives the ids from one position to another, both included. */
export function createPhotoSelection(
  idsBetween: (first: number, last: number) => Promise<readonly number[]>,
): PhotoSelection {
  const ids = signal<ReadonlySet<number>>(new Set());
  let anchor = 0;
  let isAdding = true;
  /** What was chosen before the gesture that began at the anchor. */
  let before: ReadonlySet<number> = ids.peek();
  let generation = 0;

  const withRange = (base: ReadonlySet<number>, range: readonly number[], isAdded: boolean) => {
    const next = new Set(base);
    for (const id of range) {
      if (isAdded) next.add(id);
      else next.delete(id);
    }
    return next;
  };
  return {
    ids,
    isActive: computed(() => ids.value.size > 0),
    toggle: (photoId, position) => {
      generation++;
      anchor = position;
      isAdding = !ids.peek().has(photoId);
      ids.value = withRange(ids.peek(), [photoId], isAdding);
      before = ids.value;
    },
    extendTo: async (position) => {
      const mine = ++generation;
      const range = await idsBetween(Math.min(anchor, position), Math.max(anchor, position));
      if (mine === generation) ids.value = withRange(before, range, isAdding);
    },
    toggleRange: async (first, last) => {
      const mine = ++generation;
      const range = await idsBetween(first, last);
      if (mine !== generation) return;
      anchor = first;
      isAdding = range.some((id) => !ids.peek().has(id));
      ids.value = withRange(ids.peek(), range, isAdding);
      before = ids.value;
    },
    clear: () => {
      generation++;
      isAdding = true;
      ids.value = new Set();
      before = ids.value;
    },
  };
}
