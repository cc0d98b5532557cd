import { describe, expect, it, test } from "vitest";
import { hasShared, readSharedJson } from "../../test/shared-files.ts";
import {
  adjustedRandIndex,
  bcubedAgreement,
  normalizedMutualInformation,
  pairwiseAgreement,
} from "./clustering-metrics.ts";

interface ClusteringVector {
  readonly truth: readonly number[];
  readonly pred: readonly number[];
  readonly pair_precision: number;
  readonly pair_recall: number;
  readonly pair_f1: number;
  readonly bcubed_precision: number;
  readonly bcubed_recall: number;
  readonly bcubed_f1: number;
  readonly ari: number;
  readonly nmi_arithmetic: number;
}

const FILE = "conformance/fusion/metrics.json";

describe("pairwiseAgreement", () => {
  it("counts pairs: one of three found is right, one of two is found", () => {
    // Pairs of the truth: 0-1, 2-3; of the clusters: 0-1, 0-2, 1-2.
    const { precision, recall, f1 } = pairwiseAgreement([0, 0, 1, 1], [5, 5, 5, -1]);
    expect(precision).toBeCloseTo(1 / 3, 12);
    expect(recall).toBe(0.5);
    expect(f1).toBeCloseTo(0.4, 12);
  });
});

describe("bcubedAgreement", () => {
  it("averages over items", () => {
    const { precision, recall } = bcubedAgreement([0, 0, 1, 1], [5, 5, 5, -1]);
    expect(precision).toBeCloseTo((2 / 3 + 2 / 3 + 1 / 3 + 1) / 4, 12);
    expect(recall).toBeCloseTo((1 + 1 + 0.5 + 0.5) / 4, 12);
  });
});

describe("all clustering metrics", () => {
  it("are 1 for the same partition, whatever the numbers, and without items", () => {
    for (const [truth, labels] of [
      [
        [3, 3, 7, 9],
        [1, 1, 0, -1],
      ],
      [[], []],
      [[4], [-1]],
    ] as const) {
      expect(pairwiseAgreement(truth, labels).f1).toBe(1);
      expect(bcubedAgreement(truth, labels).f1).toBe(1);
      expect(adjustedRandIndex(truth, labels)).toBe(1);
      expect(normalizedMutualInformation(truth, labels)).toBeCloseTo(1, 12);
    }
  });

  it("refuse labels that are not one an item", () => {
    for (const metric of [pairwiseAgreement, bcubedAgreement, adjustedRandIndex, normalizedMutualInformation])
      expect(() => metric([1, 2], [1])).toThrow(/1 labels for 2 items/);
  });
});

const hasReference = hasShared("clustering metrics against the reference", FILE);

describe.skipIf(!hasReference)("clustering metrics", () => {
  const vectors = hasReference ? readSharedJson<{ clustering: ClusteringVector[] }>(FILE).clustering : [];

  test.each(vectors.map((vector, index) => ({ index, ...vector })))("case $index", (vector) => {
    const pairs = pairwiseAgreement(vector.truth, vector.pred);
    expect(pairs.precision).toBeCloseTo(vector.pair_precision, 9);
    expect(pairs.recall).toBeCloseTo(vector.pair_recall, 9);
    expect(pairs.f1).toBeCloseTo(vector.pair_f1, 9);
    const bcubed = bcubedAgreement(vector.truth, vector.pred);
    expect(bcubed.precision).toBeCloseTo(vector.bcubed_precision, 9);
    expect(bcubed.recall).toBeCloseTo(vector.bcubed_recall, 9);
    expect(bcubed.f1).toBeCloseTo(vector.bcubed_f1, 9);
    expect(adjustedRandIndex(vector.truth, vector.pred)).toBeCloseTo(vector.ari, 9);
    expect(normalizedMutualInformation(vector.truth, vector.pred)).toBeCloseTo(vector.nmi_arithmetic, 9);
  });
});
