import { describe, expect, it } from "vitest";
import { createFaceLikePoints } from "../../test/face-like-points.ts";
import { createRandom, shuffle } from "../math/random.ts";
import { adjustedRandIndex } from "../rank/clustering-metrics.ts";
import { adoptPoints } from "./adopt-points.ts";
import { clusterByWhispers } from "./chinese-whispers.ts";
import { mergeClusters } from "./merge-clusters.ts";
import { numberLabels } from "./number-labels.ts";
import { createPoints } from "./points.ts";
import { clusterBySphericalKmeans } from "./spherical-kmeans.ts";
import { splitClusters } from "./split-clusters.ts";

/** Unit vectors in the plane at these angles, degrees. */
function atAngles(...degrees: number[]) {
  const numbers = degrees.flatMap((angle) => [
    Math.cos((angle * Math.PI) / 180),
    Math.sin((angle * Math.PI) / 180),
  ]);
  return createPoints(Float64Array.from(numbers), 2, "cosine");
}

const cosine = (degrees: number) => Math.cos((degrees * Math.PI) / 180);

describe("mergeClusters", () => {
  it("merges by centroids as long as they are similar enough, nearest first", () => {
    const points = atAngles(0, 10, 40, 50, 100);
    const merge = (degrees: number) => [
      ...mergeClusters(points, [0, 0, 1, 1, 2], { by: "centroid", minSimilarity: cosine(degrees) }),
    ];
    expect(merge(39)).toEqual([0, 0, 1, 1, 2]);
    expect(merge(41)).toEqual([0, 0, 0, 0, 1]);
    expect(merge(76)).toEqual([0, 0, 0, 0, 0]);
  });

  it("by average is average linkage", () => {
    const points = atAngles(0, 20, 70);
    const mean = (cosine(70) + cosine(50)) / 2;
    const merge = (minSimilarity: number) => [
      ...mergeClusters(points, [0, 1, 2], { by: "average", minSimilarity }),
    ];
    expect(merge(mean + 1e-6)).toEqual([0, 0, 1]);
    expect(merge(mean - 1e-6)).toEqual([0, 0, 0]);
  });

  it("leaves noise alone and keeps faces of one photo apart", () => {
    const points = atAngles(0, 1, 2, 3);
    expect([...mergeClusters(points, [0, 1, -1, 2], { by: "centroid", minSimilarity: 0.9 })]).toEqual([
      0, 0, -1, 0,
    ]);
    const apart = mergeClusters(points, [0, 1, 2, 3], {
      by: "centroid",
      minSimilarity: 0.9,
      photos: [7, 7, 8, 8],
    });
    expect(apart[0]).not.toBe(apart[1]);
    expect(apart[2]).not.toBe(apart[3]);
    expect(new Set(apart).size).toBe(2);
  });

  it("puts together what single lists of neighbours do not reach", () => {
    const points = createPoints(new Float32Array(200).fill(1), 2, "cosine");
    const labels = Array.from({ length: 100 }, (_, i) => i);
    expect(new Set(mergeClusters(points, labels, { by: "average", minSimilarity: 0.5 })).size).toBe(1);
  });

  it("takes clusters whose points cancel out", () => {
    const points = createPoints(Float64Array.of(1, 0, -1, 0, 0, 1), 2, "cosine");
    expect([...mergeClusters(points, [0, 0, 1], { by: "centroid", minSimilarity: 0.5 })]).toEqual([0, 0, 1]);
  });
});

describe("adoptPoints", () => {
  it("gives lone points to the nearest centroid that is near enough", () => {
    const points = atAngles(0, 10, 90, 100, 30, 80, 200);
    const adopted = adoptPoints(points, [0, 0, 1, 1, -1, -1, -1], { minSimilarity: cosine(45) });
    expect([...adopted]).toEqual([0, 0, 1, 1, 0, 1, -1]);
  });

  it("gives a cluster one face of each photo, the best", () => {
    const points = atAngles(0, 2, 30, 20);
    const adopted = adoptPoints(points, [0, 0, -1, -1], { minSimilarity: 0, photos: [1, 2, 3, 3] });
    expect([...adopted]).toEqual([0, 0, -1, 0]);
  });
});

describe("splitClusters", () => {
  it("splits clusters whose parts are far apart, and leaves the others and noise", () => {
    const points = atAngles(0, 5, 90, 95, 180, 182, 270);
    const split = splitClusters(points, [0, 0, 0, 0, 1, 1, -1], { threshold: 0.5 });
    expect([...numberLabels(split)]).toEqual([0, 0, 1, 1, 2, 2, -1]);
  });

  it("parts faces of one photo", () => {
    const split = splitClusters(atAngles(0, 1, 2), [0, 0, 0], { threshold: 0.5, photos: [1, 1, 2] });
    expect(split[0]).not.toBe(split[1]);
  });
});

describe("clusterByWhispers", () => {
  const { embeddings, dimensions, people } = createFaceLikePoints(400);
  const points = createPoints(embeddings, dimensions, "cosine");

  it("finds groups", () => {
    const labels = clusterByWhispers(points, { threshold: 0.55, seed: 1 });
    expect(adjustedRandIndex(people, labels)).toBeGreaterThan(0.99);
  });

  it("gives the same clusters for the rows in any order", () => {
    const order = shuffle([...people.keys()], createRandom(2));
    const moved = new Float32Array(embeddings.length);
    order.forEach((i, at) =>
      moved.set(embeddings.subarray(i * dimensions, (i + 1) * dimensions), at * dimensions),
    );
    // At this threshold much is undecided.
    const options = { threshold: 0.75, seed: 3 };
    const one = clusterByWhispers(points, options);
    const other = clusterByWhispers(createPoints(moved, dimensions, "cosine"), options);
    expect([...other]).toEqual([...numberLabels(order.map((i) => one[i]!))]);
  });

  it("refuses a threshold at which nobody is near", () => {
    expect(() => clusterByWhispers(points, { threshold: 0, seed: 1 })).toThrow(/threshold/);
  });
});

describe("clusterBySphericalKmeans", () => {
  it("goes on from given starts in their order, and draws the others", () => {
    const points = atAngles(0, 2, 90, 92, 180, 182);
    const starts = Float32Array.of(-1, 0, 0, 1);
    for (const seed of [1, 2, 3]) {
      const { labels } = clusterBySphericalKmeans(points, { clusterCount: 3, seed, starts });
      expect([...labels]).toEqual([2, 2, 1, 1, 0, 0]);
    }
  });

  it("finds directions, whatever the lengths, and gives their means", () => {
    const points = createPoints(Float64Array.of(5, 0, 1, 0.02, 0, 3, 0.01, 1), 2, "cosine");
    const { labels, centroids } = clusterBySphericalKmeans(points, { clusterCount: 2, seed: 1 });
    expect([...numberLabels(labels)]).toEqual([0, 0, 1, 1]);
    const first = centroids.subarray(2 * labels[0]!, 2 * labels[0]! + 2);
    expect(Math.hypot(...first)).toBeCloseTo(1, 6);
    expect(first[0]).toBeCloseTo(1, 3);
  });

  it("leaves no cluster empty, not even among equal points", () => {
    const points = createPoints(new Float32Array(12).fill(1), 2, "cosine");
    const { labels } = clusterBySphericalKmeans(points, { clusterCount: 4, seed: 1 });
    expect(new Set(labels).size).toBe(4);
  });

  it("makes no more clusters than points", () => {
    expect([...clusterBySphericalKmeans(atAngles(0), { clusterCount: 5, seed: 1 }).labels]).toEqual([0]);
  });

  it("refuses other metrics and numbers of clusters", () => {
    const line = createPoints(Float64Array.of(1, 2), 1, "euclidean");
    expect(() => clusterBySphericalKmeans(line, { clusterCount: 1, seed: 1 })).toThrow(/cosine/);
    expect(() => clusterBySphericalKmeans(atAngles(0), { clusterCount: 0, seed: 1 })).toThrow(/clusters/);
  });
});
