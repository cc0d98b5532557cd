import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createFaceLikePoints } from "../../test/face-like-points.ts";
import { hasShared, readSharedJson, sharedPath } from "../../test/shared-files.ts";
import { parseNpy } from "../math/npy.ts";
import { createRandom, shuffle } from "../math/random.ts";
import { bcubedAgreement } from "../rank/clustering-metrics.ts";
import { clusterFaces, dropSingles } from "./cluster-faces.ts";
import { numberLabels } from "./number-labels.ts";

const FOLDER = "conformance/face-clustering";
const ARCFACE = { strangerSimilarity: 0.013, matchSimilarity: 0.344 };
const DLIB = { strangerSimilarity: 0.834, matchSimilarity: 0.927 };

function selectRows(matrix: Float32Array, dimensions: number, rows: readonly number[]): Float32Array {
  const selected = new Float32Array(rows.length * dimensions);
  rows.forEach((row, at) =>
    selected.set(matrix.subarray(row * dimensions, (row + 1) * dimensions), at * dimensions),
  );
  return selected;
}

describe("dropSingles", () => {
  it("makes noise of clusters of one point", () => {
    expect([...dropSingles([4, 7, 4, -1])]).toEqual([4, -1, 4, -1]);
  });
});

describe("clusterFaces", () => {
  const { embeddings, dimensions, people } = createFaceLikePoints(700);

  it("finds people among strangers", () => {
    const labels = clusterFaces(embeddings, dimensions, {
      calibration: { ...ARCFACE, matchSimilarity: 0.38 },
    });
    expect(bcubedAgreement(people, labels).f1).toBeGreaterThan(0.99);
  });

  it("gives the same clusters for the faces in any order", () => {
    const one = clusterFaces(embeddings, dimensions, { calibration: ARCFACE });
    const order = shuffle([...people.keys()], createRandom(5));
    const other = clusterFaces(selectRows(embeddings, dimensions, order), dimensions, {
      calibration: ARCFACE,
    });
    expect([...numberLabels(other)]).toEqual([...numberLabels(order.map((i) => one[i]!))]);
  });

  it("never makes one person of two faces in one photo", () => {
    const photos = people.map((_, i) => i >> 1);
    const twins = Float32Array.from(embeddings);
    // Each photo shows somebody and the same face again, as in a mirror.
    for (let i = 0; i < people.length; i += 2)
      twins.copyWithin((i + 1) * dimensions, i * dimensions, (i + 1) * dimensions);
    const labels = clusterFaces(twins, dimensions, { calibration: ARCFACE, photos });
    for (let i = 0; i < labels.length; i += 2)
      if (labels[i] !== -1) expect(labels[i]).not.toBe(labels[i + 1]);
  });

  it("founds no cluster on unclear faces, but lets them join", () => {
    const [a, b, c] = [
      [1, 0, 0],
      [0.9, 0.43, 0],
      [0.95, 0.3, 0],
    ];
    const faces = Float32Array.from([a!, b!, c!].flat());
    const clusterWith = (...isClear: boolean[]) => [
      ...clusterFaces(faces, 3, { calibration: ARCFACE, isClear }),
    ];
    expect(clusterWith(true, false, false)).toEqual([-1, -1, -1]);
    expect(clusterWith(true, true, false)).toEqual([0, 0, 0]);
  });

  it("takes no face and one", () => {
    expect([...clusterFaces(new Float32Array(0), 3, { calibration: ARCFACE })]).toEqual([]);
    expect([...clusterFaces(Float32Array.of(1, 0, 0), 3, { calibration: ARCFACE })]).toEqual([-1]);
  });
});

const hasFaces = hasShared("clustering of real faces", FOLDER);

describe.skipIf(!hasFaces)("clusterFaces on real faces", () => {
  const people = hasFaces ? parseNpy(readFileSync(sharedPath(`${FOLDER}/labels.i16.npy`))).numbers : [];
  const skewed = hasFaces
    ? Object.values(readSharedJson<Record<string, number[]>>(`${FOLDER}/skewed.json`))
    : [];

  it.each([
    { recognizer: "mobilefacenet", calibration: ARCFACE, least: [0.986, 0.986, 0.986] },
    { recognizer: "dlib", calibration: DLIB, least: [0.949, 0.943, 0.937] },
  ])("reaches what it should with $recognizer", ({ recognizer, calibration, least }) => {
    const { numbers, shape } = parseNpy(readFileSync(sharedPath(`${FOLDER}/${recognizer}.f16.npy`)));
    const matrix = Float32Array.from(numbers);
    const score = (rows: readonly number[]) =>
      bcubedAgreement(
        rows.map((i) => people[i]!),
        clusterFaces(selectRows(matrix, shape[1]!, rows), shape[1]!, { calibration }),
      ).f1;
    const all = [...people.keys()];
    expect(score(all.filter((i) => people[i]! < 1000))).toBeGreaterThanOrEqual(least[0]!);
    expect(score(all)).toBeGreaterThanOrEqual(least[1]!);
    const mean = skewed.map(score).reduce((sum, value) => sum + value, 0) / skewed.length;
    expect(mean).toBeGreaterThanOrEqual(least[2]!);
  });
});
