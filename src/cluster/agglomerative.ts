import { KeepsightError } from "../core/errors.ts";
import { DisjointSet } from "./disjoint-set.ts";
import { linkPoints } from "./hdbscan/hdbscan.ts";
import { visitNearPairs } from "./near-pairs.ts";
import { numberLabels } from "./number-labels.ts";
import { type Points, toDistance, toSeparation } from "./points.ts";

/**
 * Agglomerative clustering: every point begins alone, and the nearest clusters are merged as long as they are less than
 * `threshold` apart, where the distance of two clusters is the mean (`average`, UPGMA), the largest (`complete`) or the
 * smallest (`single`) distance between their points.
 *
 * - Clusters only merge within a group of points that are connected by distances up to the threshold, so each such group
 *   is done by itself, by nearest-neighbour chains with the formulas of Lance and Williams (Murtagh, 1983; Müllner, 2011).
 * - O(n²·d) time. Memory O(n·d), and for average and complete linkage 4·m² bytes for the largest group of m points: above
 *   {@link MAX_GROUP} it is refused. Single linkage comes from the spanning tree and needs none of that.
 * - Cannot-link constraints, where given, hold: two clusters with points that must not be together never merge.
 */
export type Linkage = "average" | "complete" | "single";

export interface AgglomerativeOptions {
  readonly linkage: Linkage;
  /** A distance in the metric; Infinity merges everything. */
  readonly threshold: number;
  /** Where it answers true, two points never get into one cluster. Not for single linkage. */
  readonly cannotLink?: CannotLink | undefined;
}

/** Whether two points must not be in one cluster. */
type CannotLink = (i: number, j: number) => boolean;

/** Points that are clustered together by average and complete linkage at most: 900 MB. */
const MAX_GROUP = 15_000;

/** The distance of clusters with points that must not be together: no threshold reaches it. */
const FORBIDDEN = Infinity;

/**
 * A cluster for each point, numbered by first appearance; nothing is noise. Also the distances of all merges, ascending.
 * Throws `bad_request` on a threshold that is no distance, `too_large` when a group is larger than {@link MAX_GROUP}.
 */
export function clusterByLinkage(
  points: Points,
  { linkage, threshold, cannotLink }: AgglomerativeOptions,
): { labels: Int32Array; mergeDistances: Float64Array } {
  if (!(threshold >= 0))
    throw new KeepsightError("bad_request", `The threshold must be a distance from 0 on, not ${threshold}.`);
  const sets = new DisjointSet(points.count);
  const merges =
    linkage === "single" ? [mergeSingly(points)] : mergeGroups(points, linkage, threshold, cannotLink);
  const done = merges.flat().filter(({ distance }) => distance < threshold && distance < FORBIDDEN);
  for (const { a, b } of done) sets.merge(a, b);
  return {
    labels: numberLabels(Int32Array.from({ length: points.count }, (_, i) => sets.find(i))),
    mergeDistances: Float64Array.from(done, ({ distance }) => distance).sort(),
  };
}

/** Two points whose clusters merge. */
interface Merge {
  readonly a: number;
  readonly b: number;
  readonly distance: number;
}

function mergeSingly(points: Points): Merge[] {
  if (points.count < 2) return [];
  const { left, right, distances } = linkPoints(points, 0);
  // Any point of a node will do; the left one is found by going down to the left.
  const firstPoint = (node: number): number => {
    while (node >= points.count) node = left[node - points.count]!;
    return node;
  };
  return Array.from(distances, (distance, m) => ({
    a: firstPoint(left[m]!),
    b: firstPoint(right[m]!),
    distance,
  }));
}

function mergeGroups(
  points: Points,
  linkage: "average" | "complete",
  threshold: number,
  cannotLink: CannotLink | undefined,
): Merge[][] {
  return findGroups(points, threshold).map((members) => {
    if (members.length > MAX_GROUP)
      throw new KeepsightError(
        "too_large",
        `${members.length} points are connected by distances up to ${threshold}; ${linkage} linkage takes ${MAX_GROUP} at most. Lower the threshold.`,
      );
    return mergeGroup(points, members, linkage, cannotLink);
  });
}

function findGroups(points: Points, threshold: number): number[][] {
  if (threshold === Infinity) return [[...Array(points.count).keys()]];
  const sets = new DisjointSet(points.count);
  visitNearPairs(points, toSeparation(threshold, points.metric), (i, j) => void sets.merge(i, j));
  return [...Map.groupBy(Array(points.count).keys(), (i) => sets.find(i)).values()];
}

/** The merges of one group by nearest-neighbour chains, in an order in which each cluster is complete before it merges. */
function mergeGroup(
  points: Points,
  members: readonly number[],
  linkage: "average" | "complete",
  cannotLink: CannotLink | undefined,
): Merge[] {
  const count = members.length;
  const distances = computeDistances(points, members, cannotLink);
  const sizes = new Uint32Array(count).fill(1);
  const chain: number[] = [];
  const merges: Merge[] = [];
  for (let first = 0; merges.length < count - 1;) {
    if (chain.length === 0) {
      while (sizes[first] === 0) first++;
      chain.push(first);
    }
    const end = chain.at(-1)!;
    const before = chain.at(-2);
    const nearest = findNearest(distances, sizes, end, before);
    if (nearest !== before) {
      chain.push(nearest);
      continue;
    }
    chain.length -= 2;
    merges.push({ a: members[end]!, b: members[nearest]!, distance: distances.get(end, nearest) });
    mergeInto(distances, sizes, end, nearest, linkage);
  }
  return merges;
}

/** The nearest other cluster; of equally near ones `preferred`, else the first: chains would never end otherwise. */
function findNearest(
  distances: PairDistances,
  sizes: Uint32Array,
  cluster: number,
  preferred: number | undefined,
): number {
  let nearest = preferred ?? -1;
  let least = preferred === undefined ? Infinity : distances.get(cluster, preferred);
  for (let other = 0; other < sizes.length; other++) {
    if (other === cluster || sizes[other] === 0) continue;
    const distance = distances.get(cluster, other);
    if (distance >= least && nearest !== -1) continue;
    least = distance;
    nearest = other;
  }
  return nearest;
}

/** Cluster b takes in cluster a. */
function mergeInto(
  distances: PairDistances,
  sizes: Uint32Array,
  a: number,
  b: number,
  linkage: "average" | "complete",
): void {
  const [sizeA, sizeB] = [sizes[a]!, sizes[b]!];
  sizes[a] = 0;
  sizes[b] = sizeA + sizeB;
  for (let other = 0; other < sizes.length; other++) {
    if (other === b || sizes[other] === 0) continue;
    const toA = distances.get(a, other);
    const toB = distances.get(b, other);
    const merged =
      linkage === "complete" ? Math.max(toA, toB) : (sizeA * toA + sizeB * toB) / (sizeA + sizeB);
    distances.set(b, other, merged);
  }
}

/** The distances of all pairs of 0 … n − 1. */
interface PairDistances {
  get(a: number, b: number): number;
  set(a: number, b: number, distance: number): void;
}

function computeDistances(
  points: Points,
  members: readonly number[],
  cannotLink: CannotLink | undefined,
): PairDistances {
  const half = new Float64Array((members.length * (members.length - 1)) / 2);
  const place = (a: number, b: number): number => (a > b ? (a * (a - 1)) / 2 + b : (b * (b - 1)) / 2 + a);
  for (let a = 1; a < members.length; a++) {
    for (let b = 0; b < a; b++) {
      const [i, j] = [members[a]!, members[b]!];
      const isForbidden = cannotLink?.(i, j) === true;
      half[place(a, b)] = isForbidden ? FORBIDDEN : toDistance(points.separation(i, j), points.metric);
    }
  }
  return {
    get: (a, b) => half[place(a, b)]!,
    set: (a, b, distance) => {
      half[place(a, b)] = distance;
    },
  };
}
