import { readFileSync } from "node:fs";

import { parseNpy } from "../../src/math/npy.ts";
import { normalizeInPlace } from "../../src/math/vector.ts";
import { calibrate, comparePairs } from "../../src/learn/calibrate.ts";
import { trainAndJudge } from "../../src/learn/judge-head.ts";
import type { LabelledFaces } from "../../src/learn/train-head.ts";
import { hasShared, sharedPath } from "../../test/shared-files.ts";

const FOLDER = "conformance/face-clustering";

/** Labels from here on are of strangers, with one photo each. */
const FIRST_STRANGER = 1000;

/**
 * Prints the calibration of each recogniser by strangers, and what a projection head trained on people gives on new faces of
 * theirs and on other people: share of pairs found at one false accept in 1,000. Reference (MobileFaceNet): random
 * start .971 → .847 on other people, start at the identity neutral there and .983 → .990 on those trained on.
 */
export async function run(): Promise<void> {
  if (!hasShared("training of a projection head", FOLDER)) return;
  for (const recognizer of ["mobilefacenet", "dlib"]) {
    const faces = readFaces(recognizer);
    const { strangerSimilarity, matchSimilarity } = calibrate(comparePairs(onlyStrangers(faces)).different);
    console.log(
      `${recognizer}: strangers ${strangerSimilarity.toFixed(3)}, match ${matchSimilarity.toFixed(3)}`,
    );
    for (const seed of [1, 2, 3]) printTraining(faces, seed);
  }
}

function printTraining(faces: LabelledFaces, seed: number): void {
  const { verdict } = trainAndJudge(faces, {
    shape: {
      inputSize: faces.dimensions,
      hiddenSize: 2 * faces.dimensions,
      outputSize: faces.dimensions,
    },
    epochs: 20,
    batchSize: 32,
    margin: 0.2,
    mining: "semi-hard",
    optimizer: { kind: "adam", learningRate: 1e-4 },
    seed,
  });
  const { knownPersons: known, unknownPersons: unknown } = verdict;
  console.log(
    `  seed ${seed}: known people ${known?.plain.toFixed(3)} → ${known?.projected.toFixed(3)}, ` +
      `others ${unknown?.plain.toFixed(3)} → ${unknown?.projected.toFixed(3)}. ` +
      `${verdict.isAccepted ? "Accepted" : "Refused"}: ${verdict.reason}`,
  );
}

function readFaces(recognizer: string): LabelledFaces {
  const { numbers, shape } = parseNpy(readFileSync(sharedPath(`${FOLDER}/${recognizer}.f16.npy`)));
  const dimensions = shape[1]!;
  const embeddings = Float32Array.from(numbers);
  for (let start = 0; start < embeddings.length; start += dimensions)
    normalizeInPlace(embeddings.subarray(start, start + dimensions));
  return {
    embeddings,
    dimensions,
    persons: parseNpy(readFileSync(sharedPath(`${FOLDER}/labels.i16.npy`))).numbers,
  };
}

function onlyStrangers({ embeddings, dimensions, persons }: LabelledFaces): LabelledFaces {
  const rows = Array.from(persons).flatMap((person, row) => (person >= FIRST_STRANGER ? [row] : []));
  const chosen = rows.flatMap((row) => [...embeddings.subarray(row * dimensions, (row + 1) * dimensions)]);
  return { embeddings: Float32Array.from(chosen), dimensions, persons: rows };
}
