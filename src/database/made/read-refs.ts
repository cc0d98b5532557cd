import type { PhotoRef } from "../../core/made-document.ts";

/** How an export speaks of photos, by their ids. */
export type ReadRefs = (photoIds: readonly number[]) => Promise<ReadonlyMap<number, PhotoRef>>;
