import type { PhotoFilter } from "../../core/photo-filter.ts";
import type { PhotoStore } from "../../database/photo-store.ts";
import { passedIds } from "../../database/photo-filter.ts";
import { Bitmap } from "../../database/vector-index/bitmap.ts";
import type { VectorIndex, VectorMatch } from "../../database/vector-index/vector-index.ts";

/** Neighbours looked at before the filter, as a multiple of those wanted. */
const CANDIDATE_FACTOR = 4;

export interface SearchWithinOptions {
  readonly photos: Pick<PhotoStore, "listIds">;
  readonly index: VectorIndex;
  readonly filter: PhotoFilter;
  readonly limit: number;
}

/**
 * The nearest photos that pass a filter, exact. Most filters let many photos pass, so the nearest of all are taken first and
 * the filter asked about those few; listing the ids of 100,000 photos would take ten times as long as the search. Only when
 * too few of them pass is every id that passes listed. Where these are known, only they are compared.
 */
export async function searchWithin(
  embedding: Float32Array,
  { photos, index, filter, limit }: SearchWithinOptions,
): Promise<readonly VectorMatch[]> {
  const passed = passedIds(filter);
  if (passed !== undefined)
    return passed.length === 0 ? [] : index.search(embedding, { limit, allowed: Bitmap.fromIds(passed) });
  const candidates = await index.search(embedding, { limit: limit * CANDIDATE_FACTOR });
  const ids = new Set(await photos.listIds({ ...filter, ids: narrow(filter.ids, candidates) }));
  const passing = candidates.filter(({ id }) => ids.has(id));
  const sawAll = candidates.length >= index.size;
  if (sawAll || passing.length >= limit) return passing.slice(0, limit);
  return index.search(embedding, { limit, allowed: Bitmap.fromIds(await photos.listIds(filter)) });
}

/** The candidates' ids, those of the filter only where it names some. */
function narrow(
  wanted: readonly number[] | undefined,
  candidates: readonly VectorMatch[],
): readonly number[] {
  const ids = candidates.map(({ id }) => id);
  if (wanted === undefined) return ids;
  const allowed = new Set(wanted);
  return ids.filter((id) => allowed.has(id));
}
