import { describe, expect, it } from "vitest";
import { createFaceLikePoints } from "../../test/face-like-points.ts";
import { calibrate, calibrateByNames, comparePairs, thresholdAtRate } from "./calibrate.ts";

describe("thresholdAtRate", () => {
  const similarities = Float64Array.from({ length: 1000 }, (_, i) => i / 1000);

  it("lets at most the stated share of strangers through", () => {
    for (const rate of [0.1, 0.01, 0.001, 0.0001]) {
      const threshold = thresholdAtRate(similarities, rate);
      expect(similarities.filter((value) => value > threshold).length).toBe(Math.floor(1000 * rate));
    }
  });

  it("refuses rates that are none, and no pairs", () => {
    expect(() => thresholdAtRate(similarities, 0)).toThrow(/between 0 and 1/);
    expect(() => thresholdAtRate(new Float64Array(0), 0.1)).toThrow(/no threshold/);
  });
});

describe("calibrateByNames", () => {
  const background = { strangerSimilarity: 0.5, matchSimilarity: 0.9 };

  it("trusts names only once there are enough pairs of different persons", () => {
    const calibrateFaces = (count: number) => {
      const { embeddings, dimensions, people } = createFaceLikePoints(count, { largest: 6 });
      return calibrateByNames({ embeddings, dimensions, persons: people }, background);
    };
    expect(calibrateFaces(100)).toBe(background);
    const own = calibrateFaces(300);
    expect(Math.abs(own.strangerSimilarity)).toBeLessThan(0.05);
    expect(own.matchSimilarity).toBeGreaterThan(0.25);
    expect(own.matchSimilarity).toBeLessThan(0.6);
  });
});

describe("comparePairs", () => {
  const embeddings = Float32Array.of(1, 0, 0, 1, 0.6, 0.8);
  const faces = { embeddings, dimensions: 2, persons: [1, 2, 1] };

  it("compares all pairs, or those of two parts", () => {
    expect(Array.from(comparePairs(faces).same, (s) => s.toFixed(2))).toEqual(["0.60"]);
    expect(Array.from(comparePairs(faces).different, (s) => s.toFixed(2))).toEqual(["0.00", "0.80"]);
    expect(comparePairs(faces, 2).same).toHaveLength(1);
    expect(comparePairs(faces, 2).different).toHaveLength(1);
  });

  it("gives what a calibration is made of", () => {
    const { strangerSimilarity, matchSimilarity } = calibrate(comparePairs(faces).different);
    expect(strangerSimilarity).toBeCloseTo(0.4, 6);
    expect(matchSimilarity).toBeCloseTo(0.8, 6);
  });
});
