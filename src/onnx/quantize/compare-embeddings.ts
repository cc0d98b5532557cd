import { dotProduct } from "../../math/vector.ts";

/**
 * How alike two models see the same things, from their embeddings alone: the cosine between both embeddings of each thing,
 * and whether a search finds the same. O(n² · dimensions).
 */

/** Neighbours that a search shows first. */
const NEIGHBOURS = 10;

/** Of few things nearly all are neighbours, whatever the model: at most this share of them count. */
const NEIGHBOUR_SHARE = 1 / 4;

/** Two things whose similarity differs by less are equally near for anyone who looks at them; cosine. */
const TIE = 0.005;

/** Two models' embeddings of the same things, L2-normalised, in the same order. */
export interface EmbeddingPairs {
  readonly exact: readonly Float32Array[];
  readonly quantized: readonly Float32Array[];
}

/** How well a quantised model stands for the exact one. */
export interface Fidelity {
  readonly meanCosine: number;
  readonly lowestCosine: number;
  /**
   * Share of what the quantised model finds nearest (10 things, fewer of few) that is as near for the exact one too, up to
   * a difference of .005; 0–1.
   */
  readonly neighbourRecall: number;
}

/** Compares what both models make of the same things; needs at least eight. */
export function compareEmbeddings({ exact, quantized }: EmbeddingPairs): Fidelity {
  const cosines = exact.map((embedding, i) => dotProduct(embedding, quantized[i]!));
  return {
    meanCosine: mean(cosines),
    lowestCosine: Math.min(...cosines),
    neighbourRecall: mean(exact.map((_, i) => recallOf(similarities(exact, i), similarities(quantized, i)))),
  };
}

/** Cosines of the i-th embedding with all others. */
function similarities(embeddings: readonly Float32Array[], i: number): number[] {
  return embeddings.filter((_, j) => j !== i).map((other) => dotProduct(embeddings[i]!, other));
}

function recallOf(exact: readonly number[], quantized: readonly number[]): number {
  const count = Math.min(NEIGHBOURS, Math.floor(exact.length * NEIGHBOUR_SHARE));
  const nearEnough = exact.toSorted((a, b) => b - a)[count - 1]! - TIE;
  const found = quantized
    .map((similarity, i) => ({ similarity, i }))
    .toSorted((a, b) => b.similarity - a.similarity)
    .slice(0, count);
  return found.filter(({ i }) => exact[i]! >= nearEnough).length / count;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
