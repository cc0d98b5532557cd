import { KeepsightError } from "../core/errors.ts";
import { createRandom, shuffle } from "../math/random.ts";
import { visitNearPairs } from "./near-pairs.ts";
import { numberLabels } from "./number-labels.ts";
import { type Points, toSeparation } from "./points.ts";

/**
 * Chinese whispers (Biemann, 2006): points up to `threshold` apart are neighbours; each point, in random order, takes over
 * the label that weighs most among its neighbours, until nobody changes.
 *
 * The contract:
 * - a neighbour weighs by how much nearer than the threshold it is (1 − distance / threshold);
 * - the random order is drawn for the points sorted by what they are, not by where they stand, so the order of the rows
 *   changes nothing but between equal points; the same seed gives the same clusters;
 * - O(n²·d) time to find neighbours, O(e) a round; memory O(n·d + e) for e pairs of neighbours: choose a threshold at
 *   which few pairs are.
 */
export interface ChineseWhispersOptions {
  /** A distance in the metric. */
  readonly threshold: number;
  readonly seed: number;
}

/** It settles within a dozen rounds, but may also swing for ever. */
const MAX_ROUNDS = 50;

/** A cluster for each point, numbered by first appearance; nothing is noise. Throws `bad_request` on a threshold of 0 or less. */
export function clusterByWhispers(points: Points, { threshold, seed }: ChineseWhispersOptions): Int32Array {
  if (!(threshold > 0 && threshold < Infinity))
    throw new KeepsightError("bad_request", `The threshold must be a distance above 0, not ${threshold}.`);
  const graph = findNeighbours(points, toSeparation(threshold, points.metric));
  const ranks = sortByContent(points);
  const order = shuffle(ranks.slice(), createRandom(seed));
  const labels = new Int32Array(points.count);
  // Ties go to the smaller label, so labels too must not depend on where points stand.
  ranks.forEach((i, rank) => (labels[i] = rank));
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let changes = 0;
    for (const i of order) {
      const label = heaviestLabel(graph, labels, i);
      if (label === labels[i]) continue;
      labels[i] = label;
      changes++;
    }
    if (changes === 0) break;
  }
  return numberLabels(labels);
}

/** For each point its neighbours from `starts[i]` to `starts[i + 1]`, with their weights. */
interface NeighbourGraph {
  readonly starts: Uint32Array;
  readonly neighbours: Int32Array;
  readonly weights: Float64Array;
}

function findNeighbours(points: Points, limit: number): NeighbourGraph {
  const pairs: { from: number[]; to: number[]; weights: number[] } = { from: [], to: [], weights: [] };
  const starts = new Uint32Array(points.count + 1);
  visitNearPairs(points, limit, (i, j, separation) => {
    pairs.from.push(i);
    pairs.to.push(j);
    pairs.weights.push(1 - separation / limit);
    starts[i + 1]!++;
    starts[j + 1]!++;
  });
  for (let i = 0; i < points.count; i++) starts[i + 1]! += starts[i]!;
  const neighbours = new Int32Array(2 * pairs.from.length);
  const weights = new Float64Array(neighbours.length);
  const ends = starts.slice();
  pairs.from.forEach((i, e) => {
    const j = pairs.to[e]!;
    for (const [from, to] of [
      [i, j],
      [j, i],
    ] as const) {
      neighbours[ends[from]!] = to;
      weights[ends[from]!++] = pairs.weights[e]!;
    }
  });
  return { starts, neighbours, weights };
}

function heaviestLabel(
  { starts, neighbours, weights }: NeighbourGraph,
  labels: Int32Array,
  i: number,
): number {
  const totals = new Map<number, number>();
  for (let e = starts[i]!; e < starts[i + 1]!; e++) {
    const label = labels[neighbours[e]!]!;
    totals.set(label, (totals.get(label) ?? 0) + weights[e]!);
  }
  let heaviest = labels[i]!;
  // A point stays where it is unless another label weighs more.
  let most = totals.get(heaviest) ?? 0;
  for (const [label, total] of totals) {
    const isHeavier = total > most || (total === most && label < heaviest);
    if (!isHeavier) continue;
    most = total;
    heaviest = label;
  }
  return heaviest;
}

/** The points sorted by their numbers. */
function sortByContent({ matrix, dimensions, count }: Points): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i).sort((i, j) => {
    for (let k = 0; k < dimensions; k++) {
      const difference = matrix[i * dimensions + k]! - matrix[j * dimensions + k]!;
      if (difference !== 0) return difference;
    }
    return 0;
  });
}
