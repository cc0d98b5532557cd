import type { Box } from "../core/geometry.ts";
import { intersectionOverUnion } from "./intersection-over-union.ts";

/**
 * Greedy non-maximum suppression, as `torchvision.ops.nms` and, with classes, `batched_nms`.
 *
 * - The best box stays and removes those that overlap it with IoU **above** `iouThreshold`; then the next best.
 * - Equal scores: the earlier box first. Cost: O(n log n + n · kept).
 */

/** A box with its score and, where only boxes of one class compete, its class. */
export interface ScoredBox {
  readonly box: Box;
  readonly score: number;
  readonly classIndex?: number;
}

/** The candidates that stay, best first; at most `limit`. Candidates of different classes never suppress each other. */
export function nonMaximumSuppression<T extends ScoredBox>(
  candidates: readonly T[],
  iouThreshold: number,
  limit = Infinity,
): T[] {
  const kept: T[] = [];
  const keptOfClass = new Map<number | undefined, T[]>();
  for (const candidate of candidates.toSorted((a, b) => b.score - a.score)) {
    if (kept.length >= limit) break;
    const rivals = keptOfClass.get(candidate.classIndex) ?? [];
    if (rivals.some((rival) => intersectionOverUnion(rival.box, candidate.box) > iouThreshold)) continue;
    rivals.push(candidate);
    keptOfClass.set(candidate.classIndex, rivals);
    kept.push(candidate);
  }
  return kept;
}
