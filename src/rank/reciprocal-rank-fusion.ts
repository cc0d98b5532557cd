import { KeepsightError } from "../core/errors.ts";

/**
 * Reciprocal Rank Fusion: one ranking out of several whose scores cannot be compared (Cormack, Clarke, Büttcher,
 * "Reciprocal Rank Fusion outperforms Condorcet and individual rank learning methods", SIGIR 2009).
 *
 * Cost: O(n log n) for n entries in all channels together.
 *
 * The contract:
 * - score = Σ over the channels that hold the id of 1 / (k + rank), ranks from 1; only ranks count, never scores;
 * - an empty channel changes nothing; neither does the order of the channels, not even rounding;
 * - order: score descending, then id ascending by code units, so equal input gives equal pages.
 */

/** How far the top ranks stand out: 60 in the paper, and in the specification. */
const DEFAULT_K = 60;

/** One id of the fused ranking. */
export interface FusedRank<Id extends string | number, Channel extends string> {
  readonly id: Id;
  /** Above 0, at most (number of channels) / (k + 1). */
  readonly score: number;
  /** Rank from 1 in each channel that found the id: why it is here. */
  readonly ranks: Readonly<Partial<Record<Channel, number>>>;
}

/**
 * The fused ranking of all ids in `channels`, each a list of ids from best to worst. Throws `bad_request` when a
 * channel lists an id twice or k is negative or not finite.
 */
export function fuseRanks<Id extends string | number, Channel extends string>(
  channels: Readonly<Record<Channel, readonly Id[]>> | ReadonlyMap<Channel, readonly Id[]>,
  {
    k = DEFAULT_K,
    firstRanks,
  }: {
    readonly k?: number;
    /** Rank of a channel's first id, where another list comes before it (default 1). */
    readonly firstRanks?: Readonly<Partial<Record<Channel, number>>>;
  } = {},
): FusedRank<Id, Channel>[] {
  if (!(k >= 0) || !Number.isFinite(k)) {
    throw new KeepsightError("bad_request", `The constant k of rank fusion must be 0 or more, not ${k}.`);
  }
  const fused = Array.from(collectRanks(channels, firstRanks), ([id, ranks]) => ({
    id,
    ranks,
    score: sumReciprocals(ranks, k),
  }));
  return fused.toSorted((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
}

function collectRanks<Id extends string | number, Channel extends string>(
  channels: Readonly<Record<Channel, readonly Id[]>> | ReadonlyMap<Channel, readonly Id[]>,
  firstRanks: Readonly<Partial<Record<Channel, number>>> | undefined,
): Map<Id, Partial<Record<Channel, number>>> {
  const ranksOf = new Map<Id, Partial<Record<Channel, number>>>();
  const entries = channels instanceof Map ? channels : Object.entries(channels);
  for (const [channel, ids] of entries as Iterable<[Channel, readonly Id[]]>) {
    ids.forEach((id, index) => {
      const ranks: Partial<Record<Channel, number>> = ranksOf.get(id) ?? {};
      if (ranks[channel] !== undefined) {
        throw new KeepsightError(
          "bad_request",
          `The channel "${channel}" ranks "${id}" twice; each id may appear once.`,
        );
      }
      ranks[channel] = index + (firstRanks?.[channel] ?? 1);
      ranksOf.set(id, ranks);
    });
  }
  return ranksOf;
}

/** Summed from the smallest term up, so that ids with the same ranks in other channels get the very same score. */
function sumReciprocals(ranks: Readonly<Partial<Record<string, number>>>, k: number): number {
  const worstFirst = Object.values(ranks)
    .filter((rank) => rank !== undefined)
    .toSorted((a, b) => b - a);
  return worstFirst.reduce((sum, rank) => sum + 1 / (k + rank), 0);
}
