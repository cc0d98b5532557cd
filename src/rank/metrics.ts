import { KeepsightError } from "../core/errors.ts";

/**
 * How good a ranking is, given which ids are relevant (Manning, Raghavan, Schütze, "Introduction to Information
 * Retrieval", 2008, chapter 8; nDCG: Järvelin, Kekäläinen, 2002). O(n) each, nDCG O(n log n).
 *
 * The contract:
 * - all values lie in 0–1; a query to which nothing is relevant scores 0 everywhere, so leave it out of means;
 * - a ranking lists each id at most once, best first; ids it lacks count as not found;
 * - the mean of {@link reciprocalRank} over queries is MRR, that of {@link averagePrecision} is MAP.
 */

/** The relevant ids with their grade, a number above 0 (1 where relevance is yes or no). Other ids are not relevant. */
export type Relevance<Id> = ReadonlyMap<Id, number>;

/** What a grade is worth to nDCG: itself, or 2^grade − 1, which favours the best answers. */
type Gain = "linear" | "exponential";

/** Share of the relevant ids that are among the first `k`. Throws `bad_request` when `k` is not a whole number from 1 on. */
export function recallAt<Id>(ranking: readonly Id[], relevance: Relevance<Id>, k: number): number {
  return relevance.size === 0 ? 0 : countRelevant(ranking, relevance, k) / relevance.size;
}

/** Share of the first `k` places that hold relevant ids; places beyond a short ranking count as misses. Throws as {@link recallAt}. */
export function precisionAt<Id>(ranking: readonly Id[], relevance: Relevance<Id>, k: number): number {
  return countRelevant(ranking, relevance, k) / k;
}

/**
 * Normalised discounted cumulative gain of the first `k`: gains divided by log2(rank + 1), relative to the best
 * possible ranking of all relevant ids. Throws as {@link recallAt}.
 */
export function ndcgAt<Id>(
  ranking: readonly Id[],
  relevance: Relevance<Id>,
  k: number,
  gain: Gain = "linear",
): number {
  checkCutoff(k);
  const ideal = [...relevance.values()].toSorted((a, b) => b - a);
  const best = sumDiscountedGains(ideal.slice(0, k), gain);
  const found = ranking.slice(0, k).map((id) => relevance.get(id) ?? 0);
  return best === 0 ? 0 : sumDiscountedGains(found, gain) / best;
}

/** 1 / rank of the first relevant id, 0 when there is none. */
export function reciprocalRank<Id>(ranking: readonly Id[], relevance: Relevance<Id>): number {
  const index = ranking.findIndex((id) => relevance.has(id));
  return index === -1 ? 0 : 1 / (index + 1);
}

/** Mean over all relevant ids of the precision at their rank, 0 for those not ranked. */
export function averagePrecision<Id>(ranking: readonly Id[], relevance: Relevance<Id>): number {
  let found = 0;
  let sum = 0;
  ranking.forEach((id, index) => {
    if (relevance.has(id)) sum += ++found / (index + 1);
  });
  return relevance.size === 0 ? 0 : sum / relevance.size;
}

function countRelevant<Id>(ranking: readonly Id[], relevance: Relevance<Id>, k: number): number {
  checkCutoff(k);
  return ranking.slice(0, k).filter((id) => relevance.has(id)).length;
}

function sumDiscountedGains(grades: readonly number[], gain: Gain): number {
  return grades.reduce((sum, grade, index) => {
    const worth = gain === "linear" ? grade : 2 ** grade - 1;
    return sum + worth / Math.log2(index + 2);
  }, 0);
}

function checkCutoff(k: number): void {
  if (Number.isInteger(k) && k >= 1) return;
  throw new KeepsightError(
    "bad_request",
    `The cut-off k of a ranking metric must be a whole number from 1 on, not ${k}.`,
  );
}
