/*
 * Exact search over rows of 8-bit integers: each row r is held as r' = scale · integers, with the length of what rounding
 * lost, ‖r − r'‖. By Cauchy-Schwarz a unit query q has q·r ≤ q·r' + ‖r − r'‖, so the row's upper bound is known without
 * the row, and rows whose bound lies below the k-th best exact similarity cannot be among the k best (the filter-and-refine
 * principle of the VA-file; Weber, Schek, Blott, VLDB 1998).
 *
 * - The kernel collects the rows of the highest bounds; the best k by bound are rescored with their exact rows, then those
 *   of the others whose bound still reaches the k-th. Left-out rows have bounds below the last candidate's, which certifies
 *   the result, or else asks for a wider collection.
 * - After the widest collection the result is taken as it is: only where rounding hides the differences among more than
 *   64 · k rows can it miss any (hundreds of near-identical photos, or one value that dwarfs all others).
 * - Cost: one pass over a quarter of the bytes, plus a read of about 2 · k exact rows on random directions.
 */
import type { VectorMatch } from "./vector-index.ts";

/** Largest magnitude of a row's integers. */
export const INT8_LIMIT = 127;
/** Largest magnitude of a query's integers: 127 · 2,047 · 4,096 dimensions stays below 2³¹. */
export const QUERY_LIMIT = 2047;
/**
 * Candidates collected for each match wanted: at first, and where that does not certify the result. Measured on
 * 50,000 × 512, top 50: recall 1.0 on random directions, clusters, bursts of near-identical photos and embeddings with one
 * dominating value, where rescoring the best 3 · k by score alone gave 1.0, 1.0, 1.0 and 0.977, and of the top 5 in bursts 0.4.
 */
export const COLLECTION_WIDTHS = [8, 64];
/** Candidates collected at least: with few matches wanted, near-identical photos fill the first collection. */
export const LEAST_CANDIDATES = 512;
/** Float32 rounding of a score: three products and a sum of numbers around 1. */
const ROUNDING = 1e-6;

/** A row that may match; its similarity is an upper bound. */
export interface Candidate extends VectorMatch {
  readonly row: number;
}

/** Writes round(value / scale) with the scale that fits the largest value to the limit; error is ‖unit − quantised‖. */
export function quantise(
  unit: Float32Array,
  target: Int8Array | Int16Array,
  limit: number,
): { scale: number; error: number } {
  let largest = 0;
  for (let i = 0; i < unit.length; i++) largest = Math.max(largest, Math.abs(unit[i]!));
  const scale = largest / limit;
  let squaredError = 0;
  for (let i = 0; i < unit.length; i++) {
    const integer = Math.round(unit[i]! / scale);
    target[i] = integer;
    squaredError += (unit[i]! - integer * scale) ** 2;
  }
  return { scale, error: Math.sqrt(squaredError) };
}

/** What rounding the query can add to a row's bound; rows are 1 long and up to √dimensions / 254 longer when quantised. */
export function computeMargin(queryError: number, dimensions: number): number {
  return queryError * (1 + Math.sqrt(dimensions) / (2 * INT8_LIMIT)) + ROUNDING;
}

/**
 * The best `limit` of the candidates by exact similarity, which `score` gives for a row. Candidates come with the highest
 * bound first; those that cannot be among the best are not scored.
 */
export function rescoreCandidates(
  candidates: readonly Candidate[],
  limit: number,
  margin: number,
  score: (row: number) => number,
): VectorMatch[] {
  const toMatch = ({ id, row }: Candidate): VectorMatch => ({ id, similarity: score(row) });
  const leading = candidates.slice(0, limit).map(toMatch);
  let least = 1;
  for (const { similarity } of leading) least = Math.min(least, similarity);
  const possible = candidates.slice(limit).filter(({ similarity }) => similarity + margin >= least);
  // In the order of the file, so that a cold disk is read in one direction.
  possible.sort((a, b) => a.row - b.row);
  return [...leading, ...possible.map(toMatch)].sort(compareMatches).slice(0, limit);
}

/** Whether no row can be missing: all left-out rows have bounds of at most `lastBound`, that of the last candidate. */
export function isCertain(
  matches: readonly VectorMatch[],
  limit: number,
  lastBound: number,
  margin: number,
): boolean {
  return matches.length >= limit && matches[limit - 1]!.similarity > lastBound + margin;
}

/** The order of matches: similarity descending, then id ascending. */
export function compareMatches(a: VectorMatch, b: VectorMatch): number {
  return b.similarity - a.similarity || a.id - b.id;
}
