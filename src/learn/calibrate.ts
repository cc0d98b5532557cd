import { KeepsightError } from "../core/errors.ts";
import type { SimilarityCalibration } from "../math/similarity-calibration.ts";
import { dotProduct } from "../math/vector.ts";
import type { LabelledFaces } from "./train-head.ts";

/** Of pairs of strangers one in so many may be taken for the same person at {@link SimilarityCalibration.matchSimilarity}. */
const MATCH_RATE = 1e-3;

/** A rate is known well enough when so many pairs are expected to be beyond its threshold. */
const MIN_PAIRS_BEYOND = 30;

/** Cosine similarities of pairs of faces, of one person and of two. */
export interface PairSimilarities {
  readonly same: Float64Array;
  readonly different: Float64Array;
}

/**
 * The similarities of all pairs of faces; with `firstCount` only of pairs of one of the first so many with one of the rest.
 * O(n²·d); take a few thousand faces.
 */
export function comparePairs(
  { embeddings, dimensions, persons }: LabelledFaces,
  firstCount?: number,
): PairSimilarities {
  const rows = Array.from({ length: persons.length }, (_, i) =>
    embeddings.subarray(i * dimensions, (i + 1) * dimensions),
  );
  const same: number[] = [];
  const different: number[] = [];
  rows.forEach((row, i) => {
    if (firstCount !== undefined && i < firstCount) return;
    for (const [j, other] of rows.slice(0, firstCount ?? i).entries())
      (persons[i] === persons[j] ? same : different).push(dotProduct(row, other));
  });
  return { same: Float64Array.from(same), different: Float64Array.from(different) };
}

/**
 * The cosine similarity above which at most this share of pairs of strangers lies: what takes two faces for one person
 * only so rarely. Throws `bad_request` without pairs, or when the rate is not between 0 and 1.
 */
export function thresholdAtRate(strangers: Float64Array, falseAcceptRate: number): number {
  if (!(falseAcceptRate > 0 && falseAcceptRate < 1))
    throw new KeepsightError(
      "bad_request",
      `A false-accept rate lies between 0 and 1, not at ${falseAcceptRate}.`,
    );
  if (strangers.length === 0)
    throw new KeepsightError("bad_request", "Without pairs of strangers there is no threshold.");
  const sorted = strangers.toSorted();
  return sorted[sorted.length - 1 - Math.floor(falseAcceptRate * sorted.length)]!;
}

/** The calibration of a recogniser from the similarities of strangers. Throws as {@link thresholdAtRate}. */
export function calibrate(strangers: Float64Array): SimilarityCalibration {
  const mean = strangers.reduce((sum, value) => sum + value, 0) / strangers.length;
  return { strangerSimilarity: mean, matchSimilarity: thresholdAtRate(strangers, MATCH_RATE) };
}

/**
 * The calibration from the faces that a user has confirmed, or the background's as long as they have too few pairs of two
 * persons: relatives are more alike than the strangers of a data set.
 */
export function calibrateByNames(
  confirmed: LabelledFaces,
  background: SimilarityCalibration,
): SimilarityCalibration {
  const { different } = comparePairs(confirmed);
  return different.length * MATCH_RATE >= MIN_PAIRS_BEYOND ? calibrate(different) : background;
}
