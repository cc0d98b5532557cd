import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { hasShared, readSharedJson, sharedPath } from "../../../test/shared-files.ts";
import { parseNpy } from "../../math/npy.ts";
import { createRandom, shuffle } from "../../math/random.ts";
import { adjustedRandIndex } from "../../rank/clustering-metrics.ts";
import { findNearestNeighbours } from "../nearest-neighbours.ts";
import { createPoints, type Metric, toDistance } from "../points.ts";
import { condenseTree } from "./condensed-tree.ts";
import { computeCoreSeparations } from "./core-distance.ts";
import { clusterByHdbscan, clusterLinkageTree, type HdbscanOptions, linkPoints } from "./hdbscan.ts";
import type { LinkageTree } from "./linkage-tree.ts";
import type { Selection } from "./select-clusters.ts";
import { findMinimumSpanningTree } from "./spanning-tree.ts";
import { buildClusterTree } from "./stability.ts";

interface Configuration {
  readonly row: number;
  readonly metric: Metric;
  readonly min_samples: number;
  readonly min_cluster_size: number;
  readonly method: Selection;
  readonly epsilon: number;
  readonly allow_single_cluster: boolean;
  readonly gate: "exact" | "band";
  readonly min_variant_ari: number;
  readonly stabilities_sorted: readonly (number | null)[];
}

const FOLDER = "conformance/hdbscan";
const SETS = ["repo-blobs200", "moons660", "dups62", "single120", "faces2k"];
const STANDARD: HdbscanOptions = {
  minClusterSize: 5,
  minSamples: 3,
  selection: "eom",
  epsilon: 0,
  allowSingleCluster: false,
};

function readArray(name: string): { numbers: Float32Array | Float64Array; shape: readonly number[] } {
  return parseNpy(readFileSync(sharedPath(`${FOLDER}/${name}.npy`)));
}

function readConfigurations(set: string): readonly Configuration[] {
  // Tests are listed before they are skipped.
  if (!hasReference) return [];
  return readSharedJson<{ configs: Configuration[] }>(`${FOLDER}/${set}.json`).configs;
}

function openPoints(set: string, metric: Metric) {
  const { numbers, shape } = readArray(`${set}.x`);
  return createPoints(numbers, shape[1]!, metric);
}

function readLinkageTree(name: string): LinkageTree {
  const { numbers, shape } = readArray(name);
  const column = (k: number) => Float64Array.from({ length: shape[0]! }, (_, row) => numbers[row * 4 + k]!);
  return {
    left: Int32Array.from(column(0)),
    right: Int32Array.from(column(1)),
    distances: column(2),
    sizes: Int32Array.from(column(3)),
  };
}

/** Labels numbered by first appearance, noise −1. */
function renumber(labels: Iterable<number>): number[] {
  const numbers = new Map<number, number>();
  return Array.from(labels, (label) => {
    if (label === -1) return -1;
    if (!numbers.has(label)) numbers.set(label, numbers.size);
    return numbers.get(label)!;
  });
}

function rowOf(matrix: { numbers: ArrayLike<number>; shape: readonly number[] }, row: number): number[] {
  const width = matrix.shape[1]!;
  return Array.from({ length: width }, (_, i) => matrix.numbers[row * width + i]!);
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < actual.length; i++) worst = Math.max(worst, Math.abs(actual[i]! - expected[i]!));
  expect(worst).toBeLessThanOrEqual(tolerance);
}

const hasReference = hasShared("HDBSCAN against the reference", FOLDER);

describe.skipIf(!hasReference)("clusterByHdbscan, stage by stage", () => {
  const stages = SETS.flatMap((set) => {
    const pairs = new Map<string, { set: string; metric: Metric; minSamples: number }>();
    for (const { metric, min_samples: minSamples } of readConfigurations(set))
      pairs.set(`${metric} ${minSamples}`, { set, metric, minSamples });
    return [...pairs.values()];
  });

  test.each(stages)("$set, $metric, $minSamples samples: the reference's cores and tree", (stage) => {
    const { set, metric, minSamples } = stage;
    const points = openPoints(set, metric);
    const lists = findNearestNeighbours(points, 16);
    const cores = computeCoreSeparations(points, lists, minSamples);
    const tree = findMinimumSpanningTree(points, cores, lists);
    const name = `${set}.${metric}.ms${minSamples}`;
    const distances = (separations: Float64Array) => separations.map((s) => toDistance(s, metric));
    expectClose(distances(cores), readArray(`${name}.core`).numbers, 1e-9);
    expectClose(distances(tree.weights), readArray(`${name}.mstw`).numbers, 1e-9);
  });

  test.each(SETS)("%s: the reference's clusters and strengths from its own linkage trees", (set) => {
    const labels = readArray(`${set}.labels`);
    const strengths = readArray(`${set}.probs`);
    for (const configuration of readConfigurations(set)) {
      const { row, metric, min_samples: minSamples, min_cluster_size: minClusterSize } = configuration;
      const linkageTree = readLinkageTree(`${set}.${metric}.ms${minSamples}.slt`);
      const found = clusterLinkageTree(linkageTree, toOptions(configuration));
      expect(renumber(found.labels), `row ${row}`).toEqual(rowOf(labels, row));
      expectClose(found.membershipStrengths, rowOf(strengths, row), 1e-6);
      const { stabilities } = buildClusterTree(condenseTree(linkageTree, minClusterSize));
      expectSameStabilities([...stabilities], configuration.stabilities_sorted);
    }
  });

  test.each(SETS)("%s: the reference's clusters from the points, but for ties", (set) => {
    const labels = readArray(`${set}.labels`);
    const stable = readArray(`${set}.stable`);
    const linkageTrees = new Map<string, LinkageTree>();
    for (const configuration of readConfigurations(set)) {
      const { metric, min_samples: minSamples } = configuration;
      const key = `${metric} ${minSamples}`;
      const linkageTree = linkageTrees.get(key) ?? linkPoints(openPoints(set, metric), minSamples);
      linkageTrees.set(key, linkageTree);
      const found = renumber(clusterLinkageTree(linkageTree, toOptions(configuration)).labels);
      const expected = rowOf(labels, configuration.row);
      if (configuration.gate === "exact") expect(found, `row ${configuration.row}`).toEqual(expected);
      else expectWithinBand(found, expected, rowOf(stable, configuration.row), configuration);
    }
  });
});

function toOptions(configuration: Configuration): HdbscanOptions {
  return {
    minClusterSize: configuration.min_cluster_size,
    minSamples: configuration.min_samples,
    selection: configuration.method,
    epsilon: configuration.epsilon,
    allowSingleCluster: configuration.allow_single_cluster,
  };
}

/** The file has null for what is infinite or has no meaning. */
function expectSameStabilities(found: readonly number[], sorted: readonly (number | null)[]): void {
  const finite = found.filter(Number.isFinite).toSorted((a, b) => b - a);
  const expected = sorted.filter((value) => value !== null);
  expect(finite.length).toBe(expected.length);
  finite.forEach((value, i) =>
    expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(1e-9 * Math.max(1, value)),
  );
}

/** Points that no order of the rows moves must be together or apart as in the reference; noise is noise. */
function expectWithinBand(
  found: readonly number[],
  expected: readonly number[],
  stable: readonly number[],
  configuration: Configuration,
): void {
  const name = `row ${configuration.row}`;
  // The reference's figure has all noise as one cluster.
  const noiseAsOne = (labels: readonly number[]) =>
    labels.map((label) => (label === -1 ? found.length : label));
  expect(adjustedRandIndex(noiseAsOne(expected), noiseAsOne(found)), name).toBeGreaterThanOrEqual(
    configuration.min_variant_ari - 0.03,
  );
  const partners = new Map<number, Map<number, number>>();
  found.forEach((label, i) => {
    const counts = partners.get(expected[i]!) ?? new Map<number, number>();
    partners.set(expected[i]!, counts.set(label, (counts.get(label) ?? 0) + 1));
  });
  const partnerOf = (label: number) =>
    label === -1 ? -1 : [...partners.get(label)!].toSorted((a, b) => b[1] - a[1])[0]![0];
  const stablePoints = stable.flatMap((isStable, i) => (isStable === 1 ? [i] : []));
  const alike = stablePoints.filter((i) => found[i] === partnerOf(expected[i]!)).length;
  expect(alike, name).toBeGreaterThanOrEqual(0.99 * stablePoints.length);
}

/** Points in groups, some of them twice. */
function createGroups(count: number, dimensions: number, seed: number): Float64Array {
  const random = createRandom(seed);
  const centres = Array.from({ length: 4 }, () => Array.from({ length: dimensions }, () => random() * 8 + 1));
  const rows = Array.from({ length: count }, () =>
    centres[Math.floor(random() * 4)]!.map((value) => value + random()),
  );
  return Float64Array.from(rows.flat());
}

describe("clusterByHdbscan", () => {
  it("gives the same clusters for the rows in any order", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 90 }),
        fc.integer({ min: 1, max: 4 }),
        fc.nat(),
        fc.constantFrom<Metric>("euclidean", "cosine"),
        (count, dimensions, seed, metric) => {
          // Directions of single numbers are all the same or opposite: nothing but ties.
          fc.pre(metric === "euclidean" || dimensions > 1);
          const numbers = createGroups(count, dimensions, seed);
          const order = shuffle([...Array(count).keys()], createRandom(seed + 1));
          const moved = order.flatMap((i) => [...numbers.subarray(i * dimensions, (i + 1) * dimensions)]);
          const one = clusterByHdbscan(createPoints(numbers, dimensions, metric), STANDARD);
          const other = clusterByHdbscan(
            createPoints(Float64Array.from(moved), dimensions, metric),
            STANDARD,
          );
          expect(renumber(other.labels)).toEqual(renumber(order.map((i) => one.labels[i]!)));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("finds the tree of all pairs, however poor the first guess", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 120 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(),
        (count, width, seed) => {
          const points = createPoints(createGroups(count, 3, seed), 3, "euclidean");
          const cores = computeCoreSeparations(points, findNearestNeighbours(points, 8), 3);
          const tree = findMinimumSpanningTree(points, cores, findNearestNeighbours(points, width));
          expectClose(
            tree.weights,
            weightsOfPrim(count, (i, j) => Math.max(cores[i]!, cores[j]!, points.separation(i, j))),
            0,
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it("makes clusters of points that lie in the same place", () => {
    const numbers = Float64Array.from([...Array(40).fill(1), ...Array(40).fill(5), 9, 30]);
    const { labels, membershipStrengths } = clusterByHdbscan(createPoints(numbers, 1, "euclidean"), STANDARD);
    expect(new Set(labels.subarray(0, 40)).size).toBe(1);
    expect(new Set(labels.subarray(40, 80)).size).toBe(1);
    expect(labels[0]).not.toBe(labels[40]);
    expect([...labels.subarray(80)]).toEqual([-1, -1]);
    expect([...membershipStrengths.subarray(0, 80)]).toEqual(Array(80).fill(1));
  });

  it("calls one point and no point noise", () => {
    expect([...clusterByHdbscan(createPoints(Float64Array.of(1, 2), 2, "cosine"), STANDARD).labels]).toEqual([
      -1,
    ]);
    expect([...clusterByHdbscan(createPoints(new Float64Array(0), 2, "cosine"), STANDARD).labels]).toEqual(
      [],
    );
  });

  it.each([
    [{ minClusterSize: 1 }, /minClusterSize/],
    [{ minSamples: 0 }, /minSamples/],
    [{ epsilon: -1 }, /epsilon/],
    [{ epsilon: Number.NaN }, /epsilon/],
  ])("refuses %o", (options, message) => {
    const points = createPoints(Float64Array.of(1, 2), 1, "euclidean");
    expect(() => clusterByHdbscan(points, { ...STANDARD, ...options })).toThrow(message);
  });
});

/** The sorted weights of the minimum spanning tree of all pairs (Prim, 1957): independent of how ours is found. */
function weightsOfPrim(count: number, weight: (i: number, j: number) => number): Float64Array {
  const distances = Array<number>(count).fill(Infinity);
  const isDone = Array<boolean>(count).fill(false);
  const weights: number[] = [];
  for (let current = 0, step = 0; step < count - 1; step++) {
    isDone[current] = true;
    let next = -1;
    for (let j = 0; j < count; j++) {
      if (isDone[j]) continue;
      distances[j] = Math.min(distances[j]!, weight(current, j));
      if (next === -1 || distances[j]! < distances[next]!) next = j;
    }
    weights.push(distances[next]!);
    current = next;
  }
  return Float64Array.from(weights).sort();
}
