import { readFile } from "node:fs/promises";
import { adoptPoints } from "../cluster/adopt-points.ts";
import { clusterByLinkage, type Linkage } from "../cluster/agglomerative.ts";
import { clusterByWhispers } from "../cluster/chinese-whispers.ts";
import { clusterFaces, dropSingles } from "../cluster/cluster-faces.ts";
import { clusterByDbscan } from "../cluster/dbscan.ts";
import { clusterByHdbscan } from "../cluster/hdbscan/hdbscan.ts";
import type { Selection } from "../cluster/hdbscan/select-clusters.ts";
import { mergeClusters } from "../cluster/merge-clusters.ts";
import { createPoints, type Metric, type Points } from "../cluster/points.ts";
import { clusterBySphericalKmeans } from "../cluster/spherical-kmeans.ts";
import { splitClusters } from "../cluster/split-clusters.ts";
import { isFileMissing, KeepsightError } from "../core/errors.ts";
import { type NumpyArray, parseNpy } from "../math/npy.ts";
import type { SimilarityCalibration } from "../math/similarity-calibration.ts";
import {
  adjustedRandIndex,
  type Agreement,
  bcubedAgreement,
  normalizedMutualInformation,
  pairwiseAgreement,
} from "../rank/clustering-metrics.ts";

/** The ways to cluster a matrix. */
export const CLUSTER_METHODS = ["hdbscan", "dbscan", "agglomerative", "whispers", "kmeans", "auto"] as const;
export type ClusterMethod = (typeof CLUSTER_METHODS)[number];

/** What is to be done with the rows of a NumPy file. Distances are in the metric, similarities cosines. */
export interface ClusterFileOptions {
  readonly method: ClusterMethod;
  readonly metric: Metric;
  readonly minClusterSize: number;
  readonly minSamples: number;
  /** Of hdbscan 0, of dbscan .6 where it is not given. */
  readonly epsilon?: number | undefined;
  readonly minPoints: number;
  readonly selection: Selection;
  readonly allowSingleCluster: boolean;
  readonly linkage: Linkage;
  /** Of agglomerative and whispers. */
  readonly threshold: number;
  /** Of kmeans. */
  readonly clusterCount: number;
  readonly seed: number;
  /** Of auto. */
  readonly calibration: SimilarityCalibration;
  /** Steps afterwards: the distance at which clusters are split, the similarities at which they merge and adopt. */
  readonly split?: number | undefined;
  readonly merge?: number | undefined;
  readonly adopt?: number | undefined;
  /** NumPy files with a number for each row: its photo (rows of one photo are kept apart), and what it truly is. */
  readonly photosFile?: string | undefined;
  readonly labelsFile?: string | undefined;
}

/** The clusters of a file's rows. */
export interface FileClustering {
  readonly points: number;
  readonly dimensions: number;
  readonly clusters: number;
  readonly noise: number;
  /** A cluster for each row, −1 for noise. */
  readonly labels: readonly number[];
  /** How much each row belongs to its cluster, 0–1; only hdbscan tells, and only while no step moved rows. */
  readonly probabilities?: readonly number[] | undefined;
  /** How well the clusters agree with the true labels, where these were given. */
  readonly agreement?: ClusterAgreement | undefined;
}

interface ClusterAgreement {
  readonly pairwise: Agreement;
  readonly bcubed: Agreement;
  readonly adjustedRandIndex: number;
  readonly normalizedMutualInformation: number;
}

/** Of DBSCAN on faces, where nobody says otherwise. */
const DBSCAN_EPSILON = 0.6;

/**
 * Clusters the rows of a NumPy file. Throws `not_found` without the file, `unsupported_media` or `undecodable` when it is no
 * matrix, `bad_request` on options or numbers that make no sense.
 */
export async function clusterFile(path: string, options: ClusterFileOptions): Promise<FileClustering> {
  const matrix = await readNpy(path);
  if (matrix.shape.length !== 2)
    throw new KeepsightError(
      "bad_request",
      `${path} is an array of shape (${matrix.shape.join(", ")}); a matrix with a row for each point is needed.`,
    );
  const [count, dimensions] = matrix.shape as [number, number];
  if (dimensions === 0)
    throw new KeepsightError("bad_request", `The rows of ${path} are empty; there is nothing to compare.`);
  const photos = await readColumn(options.photosFile, count);
  const truth = await readColumn(options.labelsFile, count);
  const points = createPoints(matrix.numbers, dimensions, options.metric);
  const { labels: found, probabilities } = cluster(points, matrix, options, photos);
  const labels = refine(points, found, options, photos);
  return {
    points: count,
    dimensions,
    clusters: new Set(labels.filter((label) => label !== -1)).size,
    noise: labels.filter((label) => label === -1).length,
    labels: [...labels],
    probabilities: labels === found && probabilities !== undefined ? [...probabilities] : undefined,
    agreement: truth && compare(truth, labels),
  };
}

interface Found {
  readonly labels: Int32Array;
  readonly probabilities?: Float64Array;
}

function cluster(
  points: Points,
  { numbers }: NumpyArray,
  options: ClusterFileOptions,
  photos: Float64Array | undefined,
): Found {
  switch (options.method) {
    case "hdbscan": {
      const found = clusterByHdbscan(points, { ...options, epsilon: options.epsilon ?? 0 });
      return { labels: found.labels, probabilities: found.membershipStrengths };
    }
    case "dbscan":
      return clusterByDbscan(points, { ...options, epsilon: options.epsilon ?? DBSCAN_EPSILON });
    case "agglomerative": {
      const cannotLink = photos && ((i: number, j: number) => photos[i] === photos[j]);
      return clusterByLinkage(points, { ...options, cannotLink });
    }
    case "whispers":
      return { labels: clusterByWhispers(points, options) };
    case "kmeans":
      return clusterBySphericalKmeans(points, options);
    case "auto":
      assertCosine(options.metric, "auto");
      return { labels: clusterFaces(Float32Array.from(numbers), points.dimensions, { ...options, photos }) };
  }
}

/** The steps after clustering that are wanted; the very same labels when none is. */
function refine(
  points: Points,
  labels: Int32Array,
  { split, merge, adopt, metric }: ClusterFileOptions,
  photos: Float64Array | undefined,
): Int32Array {
  if (split !== undefined) {
    assertCosine(metric, "split");
    labels = splitClusters(points, labels, { threshold: split, photos });
  }
  if (merge !== undefined) {
    assertCosine(metric, "merge");
    labels = mergeClusters(points, labels, { by: "centroid", minSimilarity: merge, photos });
  }
  if (adopt === undefined) return labels;
  assertCosine(metric, "adopt");
  return adoptPoints(points, dropSingles(labels), { minSimilarity: adopt, photos });
}

function assertCosine(metric: Metric, what: string): void {
  if (metric === "cosine") return;
  throw new KeepsightError("bad_request", `"${what}" works with the cosine metric only.`);
}

function compare(truth: Float64Array, labels: Int32Array): ClusterAgreement {
  return {
    pairwise: pairwiseAgreement(truth, labels),
    bcubed: bcubedAgreement(truth, labels),
    adjustedRandIndex: adjustedRandIndex(truth, labels),
    normalizedMutualInformation: normalizedMutualInformation(truth, labels),
  };
}

async function readColumn(path: string | undefined, count: number): Promise<Float64Array | undefined> {
  if (path === undefined) return undefined;
  const { numbers, shape } = await readNpy(path);
  if (numbers.length === count) return Float64Array.from(numbers);
  throw new KeepsightError(
    "bad_request",
    `${path} has the shape (${shape.join(", ")}); a number for each of the ${count} rows is needed.`,
  );
}

async function readNpy(path: string): Promise<NumpyArray> {
  const file = await readFile(path).catch((error: unknown) => {
    throw new KeepsightError(
      isFileMissing(error) ? "not_found" : "file_unreadable",
      isFileMissing(error) ? `There is no file ${path}.` : `${path} cannot be read: ${String(error)}`,
      { cause: error },
    );
  });
  try {
    return parseNpy(file);
  } catch (error) {
    if (!(error instanceof KeepsightError)) throw error;
    throw new KeepsightError(error.code, `${path}: ${error.message}`, { cause: error });
  }
}
