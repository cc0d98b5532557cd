import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import { hasShared, readSharedJson, sharedPath } from "../../test/shared-files.ts";
import { parseNpy } from "../math/npy.ts";
import { clusterByLinkage, type Linkage } from "./agglomerative.ts";
import { clusterByDbscan } from "./dbscan.ts";
import { numberLabels } from "./number-labels.ts";
import { createPoints, type Metric } from "./points.ts";

const FOLDER = "conformance/hdbscan";

type Configuration = { readonly row: number; readonly metric: Metric } & (
  | { readonly algo: "dbscan"; readonly eps: number; readonly min_pts: number; readonly n_core: number }
  | {
      readonly algo: "agglomerative";
      readonly linkage: Linkage;
      readonly distance_threshold: number;
      readonly merge_heights_head_tail: readonly number[];
    }
);

function readArray(name: string) {
  return parseNpy(readFileSync(sharedPath(`${FOLDER}/${name}.npy`)));
}

/** All cases of small sets; of the large one a few, as each takes seconds. */
function readCases(set: string): Configuration[] {
  const { configs } = readSharedJson<{ configs: Configuration[] }>(`${FOLDER}/${set}.flat.json`);
  return set === "faces2k" ? configs.filter(({ row }) => row % 4 === 1) : configs;
}

const isThere = hasShared("flat clusterings against the reference", FOLDER);

describe.skipIf(!isThere)("clusterByLinkage and clusterByDbscan against scikit-learn", () => {
  test.each(["repo-blobs200", "moons660", "dups62", "faces2k"])("%s", (set) => {
    const { numbers, shape } = readArray(`${set}.x`);
    const [count, dimensions] = [shape[0]!, shape[1]!];
    const { numbers: labels } = readArray(`${set}.flat.labels`);
    for (const configuration of readCases(set)) {
      const points = createPoints(numbers, dimensions, configuration.metric);
      const expected = numberLabels(
        labels.subarray(configuration.row * count, (configuration.row + 1) * count),
      );
      const found = cluster(points, configuration);
      expect([...numberLabels(found)], `row ${configuration.row}`).toEqual([...expected]);
    }
  });
});

function cluster(points: ReturnType<typeof createPoints>, configuration: Configuration): Int32Array {
  if (configuration.algo === "dbscan") {
    const { labels, isCore } = clusterByDbscan(points, {
      epsilon: configuration.eps,
      minPoints: configuration.min_pts,
    });
    expect(isCore.filter((core) => core === 1).length).toBe(configuration.n_core);
    return labels;
  }
  const { linkage, distance_threshold: threshold, merge_heights_head_tail: ends } = configuration;
  if (points.count < 1000) {
    const merges = clusterByLinkage(points, { linkage, threshold: Infinity }).mergeDistances;
    [...merges.subarray(0, 3), ...merges.subarray(-3)].forEach((distance, i) =>
      expect(distance).toBeCloseTo(ends[i]!, 9),
    );
  }
  return clusterByLinkage(points, { linkage, threshold }).labels;
}

describe("clusterByLinkage", () => {
  const line = createPoints(Float64Array.of(0, 1, 2.5, 10, 11), 1, "euclidean");

  it("measures clusters by the mean, largest or smallest distance", () => {
    const merge = (linkage: Linkage) => [
      ...clusterByLinkage(line, { linkage, threshold: Infinity }).mergeDistances,
    ];
    expect(merge("average")).toEqual([1, 1, 2, (10 + 11 + 9 + 10 + 7.5 + 8.5) / 6]);
    expect(merge("complete")).toEqual([1, 1, 2.5, 11]);
    expect(merge("single")).toEqual([1, 1, 1.5, 7.5]);
  });

  it("keeps apart what must not be together, whatever lies between", () => {
    const { labels } = clusterByLinkage(line, {
      linkage: "average",
      threshold: Infinity,
      cannotLink: (i, j) => i + j === 1,
    });
    expect(labels[0]).not.toBe(labels[1]);
    expect(new Set(labels).size).toBe(2);
  });

  it("takes one point and none", () => {
    const cluster1 = (numbers: Float64Array) =>
      (["average", "complete", "single"] as const).map((linkage) => [
        ...clusterByLinkage(createPoints(numbers, 1, "euclidean"), { linkage, threshold: 1 }).labels,
      ]);
    expect(cluster1(Float64Array.of(3))).toEqual([[0], [0], [0]]);
    expect(cluster1(new Float64Array(0))).toEqual([[], [], []]);
  });

  it("refuses a threshold that is no distance", () => {
    expect(() => clusterByLinkage(line, { linkage: "average", threshold: Number.NaN })).toThrow(/threshold/);
  });
});

describe("clusterByDbscan", () => {
  it.each([
    [{ epsilon: -1, minPoints: 3 }, /epsilon/],
    [{ epsilon: 1, minPoints: 0 }, /minPoints/],
  ])("refuses %o", (options, message) => {
    expect(() => clusterByDbscan(createPoints(Float64Array.of(1), 1, "euclidean"), options)).toThrow(message);
  });
});
