import { KeepsightError } from "../../core/errors.ts";
import { findNearestNeighbours } from "../nearest-neighbours.ts";
import { type Points, toDistance } from "../points.ts";
import { buildClusterTree } from "./stability.ts";
import { condenseTree } from "./condensed-tree.ts";
import { computeCoreSeparations } from "./core-distance.ts";
import { type Labelling, labelPoints } from "./label-points.ts";
import { buildLinkageTree, type LinkageTree } from "./linkage-tree.ts";
import { selectClusters, type SelectionOptions } from "./select-clusters.ts";
import { findMinimumSpanningTree } from "./spanning-tree.ts";

/**
 * HDBSCAN (Campello, Moulavi, Sander, "Density-Based Clustering Based on Hierarchical Density Estimates", 2013) as the
 * hdbscan library computes it (McInnes, Healy, Astels, 2017): one file for each structure it goes through.
 *
 * - exact: no approximate neighbours, all decisions in float64; O(n²·d) time in two passes over half the pairs, O(n·d) memory;
 * - `minSamples` does not count the point itself, as in hdbscan (in scikit-learn it does);
 * - the same rows in another order give the same clusters, but where pairs of points are exactly as far apart; the hdbscan
 *   library also where only their mutual reachability ties, which is often.
 */
export interface HdbscanOptions extends SelectionOptions {
  /** Points that make a cluster, at least 2. */
  readonly minClusterSize: number;
  /** Neighbours that say how dense it is around a point, at least 1. */
  readonly minSamples: number;
}

/** Neighbours listed for each point: more than the cores need give a better first tree. */
const LIST_WIDTH = 16;

/** Neighbours listed beyond those that cores need, which prove that the core is right. */
const SPARE_NEIGHBOURS = 4;

/** Clusters points by density. Throws `bad_request` on options out of range. */
export function clusterByHdbscan(points: Points, options: HdbscanOptions): Labelling {
  checkOptions(options);
  const { count } = points;
  if (count < 2)
    return { labels: new Int32Array(count).fill(-1), membershipStrengths: new Float64Array(count) };
  return clusterLinkageTree(linkPoints(points, options.minSamples), options);
}

/** The single-linkage tree of mutual reachability of at least two points. */
export function linkPoints(points: Points, minSamples: number): LinkageTree {
  const lists = findNearestNeighbours(points, Math.max(LIST_WIDTH, minSamples + SPARE_NEIGHBOURS));
  const cores = computeCoreSeparations(points, lists, minSamples);
  const spanningTree = findMinimumSpanningTree(points, cores, lists);
  return buildLinkageTree(spanningTree, (weight) => toDistance(weight, points.metric));
}

/** The clusters of a single-linkage tree. */
export function clusterLinkageTree(
  linkageTree: LinkageTree,
  options: Omit<HdbscanOptions, "minSamples">,
): Labelling {
  const condensedTree = condenseTree(linkageTree, options.minClusterSize);
  const clusterTree = buildClusterTree(condensedTree);
  const selected = selectClusters(clusterTree, options);
  return labelPoints(condensedTree, clusterTree, selected, options.epsilon);
}

function checkOptions({ minClusterSize, minSamples, epsilon }: HdbscanOptions): void {
  if (!Number.isInteger(minClusterSize) || minClusterSize < 2)
    throw new KeepsightError(
      "bad_request",
      `minClusterSize must be a whole number from 2 on, not ${minClusterSize}.`,
    );
  if (!Number.isInteger(minSamples) || minSamples < 1)
    throw new KeepsightError(
      "bad_request",
      `minSamples must be a whole number from 1 on, not ${minSamples}.`,
    );
  if (!(epsilon >= 0 && epsilon < Infinity))
    throw new KeepsightError("bad_request", `epsilon must be a distance from 0 on, not ${epsilon}.`);
}
