import { matchFeatures } from "./match-features.ts";
import type { LocalFeatures } from "./local-features.ts";

/** Pairs of features that agree, of two shots of one scene, at least: unrelated photos had 5 at most (verify-copy.ts). */
const MIN_INLIERS = 9;

/**
 * How many features agree on how one upright picture lies in another: two shots of one scene from nearly one place, though
 * what moves in it has moved. Undefined where too few do.
 */
export function findSameScene(first: LocalFeatures, second: LocalFeatures): number | undefined {
  return matchFeatures(first, second, MIN_INLIERS)?.inliers;
}
