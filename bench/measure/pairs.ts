import { dotProduct } from "../../src/math/vector.ts";

/** An embedding and whose face it is. */
export interface LabelledEmbedding {
  readonly person: string | number;
  readonly embedding: Float32Array;
}

/** Similarities of pairs of one person and of two. */
export interface PairSimilarities {
  readonly same: Float64Array;
  readonly different: Float64Array;
}

/** All pairs within `probes`, or of each of them with each of a gallery. Sorted, least similar first. */
export function comparePairs(
  probes: readonly LabelledEmbedding[],
  gallery?: readonly LabelledEmbedding[],
): PairSimilarities {
  const same: number[] = [];
  const different: number[] = [];
  for (const [i, a] of probes.entries()) {
    for (const b of gallery ?? probes.slice(0, i)) {
      (a.person === b.person ? same : different).push(dotProduct(a.embedding, b.embedding));
    }
  }
  return { same: Float64Array.from(same).sort(), different: Float64Array.from(different).sort() };
}

/** The chance that a pair of one person is more alike than a pair of two (Mann-Whitney). */
export function areaUnderRoc({ same, different }: PairSimilarities): number {
  let below = 0;
  let wins = 0;
  for (const similarity of same) {
    while (below < different.length && different[below]! < similarity) below++;
    wins += below;
  }
  return wins / (same.length * different.length);
}

/** The similarity that this share of the pairs of two people exceeds. */
export function thresholdAt({ different }: PairSimilarities, falseAcceptRate: number): number {
  return different.at(-1 - Math.floor(different.length * falseAcceptRate))!;
}

/** The share (0–1) of sorted similarities above a threshold. */
export function shareAbove(similarities: Float64Array, threshold: number): number {
  const first = similarities.findIndex((similarity) => similarity > threshold);
  return first === -1 ? 0 : 1 - first / similarities.length;
}
