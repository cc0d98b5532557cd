import { KeepsightError } from "../core/errors.ts";

/**
 * How well a clustering agrees with the truth. All of it comes from the table of how many items each cluster shares with each
 * true class. O(n) time and memory each.
 *
 * The contract:
 * - `truth` and `labels` have one whole number an item, equal for items that belong together; −1 in `labels` is noise, each
 *   such item a cluster of its own (in `truth` −1 is a class like others);
 * - precision tells how pure the clusters are, recall how whole the classes; f1 is their harmonic mean;
 * - without items, and pairwise where there is no pair to be found, everything agrees: 1.
 */

/** Purity and wholeness, 0–1. */
export interface Agreement {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Agreement over all pairs of items: are two of one cluster of one class, and the other way round. */
export function pairwiseAgreement(truth: ArrayLike<number>, labels: ArrayLike<number>): Agreement {
  const { cells, clusterSizes, classSizes } = countOverlaps(truth, labels);
  const shared = sumPairs(cells.map(({ count }) => count));
  return toAgreement(ratio(shared, sumPairs(clusterSizes)), ratio(shared, sumPairs(classSizes)));
}

/**
 * Agreement averaged over items: the share of an item's cluster that is of its class, and of its class that is in its
 * cluster (Bagga, Baldwin, 1998; Amigó et al., 2009). Large clusters do not drown small ones, as in pairs they do.
 */
export function bcubedAgreement(truth: ArrayLike<number>, labels: ArrayLike<number>): Agreement {
  const { cells, clusterSizes, classSizes } = countOverlaps(truth, labels);
  let precision = 0;
  let recall = 0;
  for (const { cluster, klass, count } of cells) {
    precision += count ** 2 / clusterSizes[cluster]!;
    recall += count ** 2 / classSizes[klass]!;
  }
  return toAgreement(ratio(precision, truth.length), ratio(recall, truth.length));
}

/** The Rand index corrected for chance (Hubert, Arabie, 1985): 1 the same partition, about 0 a random one. */
export function adjustedRandIndex(truth: ArrayLike<number>, labels: ArrayLike<number>): number {
  const { cells, clusterSizes, classSizes } = countOverlaps(truth, labels);
  const shared = sumPairs(cells.map(({ count }) => count));
  const ofClusters = sumPairs(clusterSizes);
  const ofClasses = sumPairs(classSizes);
  const all = sumPairs([truth.length]);
  const expected = all === 0 ? 0 : (ofClusters * ofClasses) / all;
  const most = (ofClusters + ofClasses) / 2;
  return most === expected ? 1 : (shared - expected) / (most - expected);
}

/** Mutual information divided by the mean of both entropies, 0–1 (Strehl, Ghosh, 2002); also known as V-measure. */
export function normalizedMutualInformation(truth: ArrayLike<number>, labels: ArrayLike<number>): number {
  const { cells, clusterSizes, classSizes } = countOverlaps(truth, labels);
  const count = truth.length;
  const information = cells.reduce((sum, { cluster, klass, count: shared }) => {
    return (
      sum + (shared / count) * Math.log((shared * count) / (clusterSizes[cluster]! * classSizes[klass]!))
    );
  }, 0);
  const mean = (computeEntropy(clusterSizes, count) + computeEntropy(classSizes, count)) / 2;
  return mean === 0 ? 1 : information / mean;
}

interface Overlaps {
  /** Clusters and classes that share items, and how many. */
  readonly cells: readonly { readonly cluster: number; readonly klass: number; readonly count: number }[];
  readonly clusterSizes: readonly number[];
  readonly classSizes: readonly number[];
}

function countOverlaps(truth: ArrayLike<number>, labels: ArrayLike<number>): Overlaps {
  if (truth.length !== labels.length)
    throw new KeepsightError(
      "bad_request",
      `There are ${labels.length} labels for ${truth.length} items; each item needs one.`,
    );
  const clusters = createCounter();
  const classes = createCounter();
  const cells = new Map<string, { cluster: number; klass: number; count: number }>();
  for (let i = 0; i < truth.length; i++) {
    const cluster = clusters.count(labels[i] === -1 ? `noise ${i}` : labels[i]!);
    const klass = classes.count(truth[i]!);
    const key = `${cluster} ${klass}`;
    const cell = cells.get(key);
    if (cell === undefined) cells.set(key, { cluster, klass, count: 1 });
    else cell.count++;
  }
  return { cells: [...cells.values()], clusterSizes: clusters.sizes, classSizes: classes.sizes };
}

/** Numbers names from 0 in the order they come, and counts each. */
function createCounter() {
  const numbers = new Map<string | number, number>();
  const sizes: number[] = [];
  return {
    sizes,
    count(name: string | number): number {
      const number = numbers.get(name) ?? numbers.size;
      numbers.set(name, number);
      sizes[number] = (sizes[number] ?? 0) + 1;
      return number;
    },
  };
}

function sumPairs(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + (size * (size - 1)) / 2, 0);
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 1 : part / whole;
}

function toAgreement(precision: number, recall: number): Agreement {
  const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { precision, recall, f1 };
}

function computeEntropy(sizes: readonly number[], count: number): number {
  return sizes.reduce((sum, size) => sum - (size / count) * Math.log(size / count), 0);
}
