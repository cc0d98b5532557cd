import { readFileSync } from "node:fs";

import { clusterFaces } from "../../src/cluster/cluster-faces.ts";
import { clusterByHdbscan } from "../../src/cluster/hdbscan/hdbscan.ts";
import { createPoints } from "../../src/cluster/points.ts";
import { parseNpy } from "../../src/math/npy.ts";
import type { SimilarityCalibration } from "../../src/math/similarity-calibration.ts";
import { dotProduct, normalizeInPlace } from "../../src/math/vector.ts";
import { bcubedAgreement } from "../../src/rank/clustering-metrics.ts";
import { hasShared, readSharedJson, sharedPath } from "../../test/shared-files.ts";

const FOLDER = "conformance/face-clustering";

/** Labels from here on are of strangers, with one photo each. */
const FIRST_STRANGER = 1000;

interface Recognizer {
  readonly name: string;
  /** From pairs of strangers of LFW, as it would be stored with the model. */
  readonly calibration: SimilarityCalibration;
  /** Cosine distance at which the incremental rule does best. */
  readonly ruleDistance: number;
  /** What others reach: people, with strangers, mean of the skewed libraries. */
  readonly references: Readonly<Record<string, readonly number[]>>;
}

const RECOGNIZERS: readonly Recognizer[] = [
  {
    name: "mobilefacenet",
    calibration: { strangerSimilarity: 0.013, matchSimilarity: 0.344 },
    ruleDistance: 0.5,
    references: {
      "incremental rule": [0.964, 0.971, 0.968],
      "HDBSCAN 5, 3": [0.99, 0.988, 0.914],
      "whispers recipe": [0.988, 0.99, 0.989],
    },
  },
  {
    name: "dlib",
    calibration: { strangerSimilarity: 0.834, matchSimilarity: 0.927 },
    ruleDistance: 0.06,
    references: { "incremental rule": [0.949, 0.943, 0.937] },
  },
];

interface LabelledFaces {
  readonly embeddings: Float32Array;
  readonly dimensions: number;
  readonly people: ArrayLike<number>;
}

type Clusterer = (embeddings: Float32Array, dimensions: number) => Int32Array;

/** Prints B-cubed F of the recipe of scheduled runs and of other ways, on people, with strangers, and on skewed libraries. */
export async function run(): Promise<void> {
  if (!hasShared("clustering of faces", FOLDER)) return;
  console.log("B-cubed F (noise as singletons)           people  strangers  skewed (mean, worst)");
  for (const recognizer of RECOGNIZERS) {
    const faces = readFaces(recognizer.name);
    console.log(recognizer.name);
    for (const [name, values] of Object.entries(recognizer.references))
      printRow(`reference: ${name}`, values);
    const rule: Clusterer = (embeddings, dimensions) =>
      clusterIncrementally(embeddings, dimensions, recognizer.ruleDistance);
    printRow(`incremental rule at ${recognizer.ruleDistance}`, evaluate(faces, rule));
    printRow("HDBSCAN 5, 3", evaluate(faces, clusterByDensity));
    const recipe: Clusterer = (embeddings, dimensions) =>
      clusterFaces(embeddings, dimensions, { calibration: recognizer.calibration });
    printRow("ours (auto)", evaluate(faces, recipe));
    // Of the settings tried, the even half alone would have chosen nearly the same.
    for (const [half, parity] of [
      ["even", 0],
      ["odd", 1],
    ] as const)
      printRow(
        `ours, ${half} people`,
        evaluate(faces, recipe, (person) => person % 2 === parity),
      );
  }
}

function readFaces(recognizer: string): LabelledFaces {
  const { numbers, shape } = parseNpy(readFileSync(sharedPath(`${FOLDER}/${recognizer}.f16.npy`)));
  const people = parseNpy(readFileSync(sharedPath(`${FOLDER}/labels.i16.npy`))).numbers;
  const dimensions = shape[1]!;
  const embeddings = Float32Array.from(numbers);
  for (let start = 0; start < embeddings.length; start += dimensions)
    normalizeInPlace(embeddings.subarray(start, start + dimensions));
  return { embeddings, dimensions, people };
}

/** B-cubed F on people, with strangers, as mean and worst of the skewed libraries, of those persons that are kept. */
function evaluate(
  faces: LabelledFaces,
  cluster: Clusterer,
  isKept: (person: number) => boolean = () => true,
): number[] {
  const { people } = faces;
  const all = Array.from({ length: people.length }, (_, i) => i);
  const score = (rows: readonly number[]): number => {
    const kept = rows.filter((i) => isKept(people[i]!));
    const labels = cluster(selectRows(faces, kept), faces.dimensions);
    return bcubedAgreement(
      kept.map((i) => people[i]!),
      labels,
    ).f1;
  };
  const skewed = Object.values(readSharedJson<Record<string, number[]>>(`${FOLDER}/skewed.json`)).map(score);
  const mean = skewed.reduce((sum, value) => sum + value, 0) / skewed.length;
  return [score(all.filter((i) => people[i]! < FIRST_STRANGER)), score(all), mean, Math.min(...skewed)];
}

function selectRows({ embeddings, dimensions }: LabelledFaces, rows: readonly number[]): Float32Array {
  const selected = new Float32Array(rows.length * dimensions);
  rows.forEach((row, at) =>
    selected.set(embeddings.subarray(row * dimensions, (row + 1) * dimensions), at * dimensions),
  );
  return selected;
}

function clusterByDensity(embeddings: Float32Array, dimensions: number): Int32Array {
  return clusterByHdbscan(createPoints(embeddings, dimensions, "cosine"), {
    minClusterSize: 5,
    minSamples: 3,
    selection: "eom",
    epsilon: 0,
    allowSingleCluster: false,
  }).labels;
}

/** Neighbours, itself included, that make a face the core of a person. */
const RULE_FACES = 3;

/**
 * The incremental rule of Immich: faces come one after the other, all being indexed already. A face with enough neighbours
 * is a core: it joins the person of the nearest neighbour that has one, or founds one; others wait until all have come, and
 * then only join.
 */
function clusterIncrementally(embeddings: Float32Array, dimensions: number, maxDistance: number): Int32Array {
  const rows = Array.from({ length: embeddings.length / dimensions }, (_, i) =>
    embeddings.subarray(i * dimensions, (i + 1) * dimensions),
  );
  const labels = new Int32Array(rows.length).fill(-1);
  let personCount = 0;
  const neighboursOf = (i: number) =>
    rows
      .map((row, j) => ({ j, distance: 1 - dotProduct(rows[i]!, row) }))
      .filter(({ distance }) => distance <= maxDistance)
      .toSorted((a, b) => a.distance - b.distance);
  const isDeferred = (i: number, mayDefer: boolean): boolean => {
    const neighbours = neighboursOf(i);
    if (neighbours.length < 2) return false;
    const isCore = neighbours.length >= RULE_FACES;
    if (!isCore && mayDefer) return true;
    const known = neighbours.find(({ j }) => labels[j] !== -1);
    if (known !== undefined) labels[i] = labels[known.j]!;
    else if (isCore) labels[i] = personCount++;
    return false;
  };
  for (const i of [...rows.keys()].filter((face) => isDeferred(face, true))) isDeferred(i, false);
  return labels;
}

function printRow(name: string, values: readonly number[]): void {
  const [people, strangers, mean, worst] = values.map((value) => value.toFixed(4));
  console.log(
    `  ${name.padEnd(38)}  ${people}  ${strangers}     ${mean}${worst === undefined ? "" : ` (${worst})`}`,
  );
}
