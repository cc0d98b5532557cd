import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { FaceStore } from "../../database/people/face-store.ts";
import type { PersonStore } from "../../database/people/person-store.ts";
import type { HeadVerdict } from "../../learn/judge-head.ts";
import type { LabelledFaces, TrainingOptions } from "../../learn/train-head.ts";
import type { Recogniser } from "./recogniser.ts";
import { trainInThread } from "./train-in-thread.ts";
import type { TrainedHeads } from "./trained-heads.ts";

/** Faces of one person that take part, the best ones, and of all: pairs are compared, so time grows with their square. */
const MAX_FACES_OF_PERSON = 60;
const MAX_FACES = 2500;

/** Fixed, so that the same faces give the same head and the same verdict. */
const SEED = 1;

export interface TrainMatchingOptions {
  readonly epochs: number;
  readonly margin: number;
  /** Faces a step. */
  readonly batchSize: number;
  readonly learningRate: number;
  readonly minFacesPerPerson: number;
}

/** What a training came to, and whether its head is used. */
export interface TrainedMatching {
  readonly personsUsed: number;
  readonly totalFaces: number;
  readonly trainingFaces: number;
  readonly validationFaces: number;
  /** Mean loss of each epoch; empty where there was too little to train with. */
  readonly losses: readonly number[];
  readonly validationLoss?: number;
  readonly verdict: HeadVerdict;
  /** Path of the head; absent without a training. */
  readonly checkpointPath?: string;
  readonly seconds: number;
}

export interface TrainContext {
  readonly signal?: AbortSignal | undefined;
  readonly onEpoch?: ((epochs: number) => void) | undefined;
}

export interface MatchingTrainerOptions {
  readonly faces: Pick<FaceStore, "embedded">;
  readonly persons: Pick<PersonStore, "names">;
  readonly heads: TrainedHeads;
  /** `model_missing` while there is none. */
  readonly recogniser: () => Promise<Recogniser>;
}

/**
 * Trains a projection head on the faces that humans confirmed and judges it on faces and people kept aside. Only a head that
 * beats the plain embeddings there comes into use, for the persons it was trained on; otherwise everything stays as it
 * was, and the verdict says why. A training that was cut short goes on at its last epoch when it is asked for again.
 */
export function createMatchingTrainer({ faces, persons, heads, recogniser }: MatchingTrainerOptions) {
  /** Confirmed faces by person, as many of each as fit. */
  async function collect(modelId: string, minFaces: number) {
    const candidates = (await persons.names()).filter(({ faceCount }) => faceCount >= minFaces);
    const share = Math.max(minFaces, Math.floor(MAX_FACES / Math.max(1, candidates.length)));
    const personIds: string[] = [];
    const groups = [];
    for (const { id } of candidates) {
      const limit = Math.min(MAX_FACES_OF_PERSON, share);
      const found = await faces.embedded({ modelId, confirmedOf: id, order: "quality", limit });
      if (found.faceIds.length < minFaces) continue;
      personIds.push(id);
      groups.push(found);
    }
    const dimensions = groups[0]?.dimensions ?? 0;
    const labels = groups.flatMap(({ faceIds }, person) => faceIds.map(() => person));
    const embeddings = new Float32Array(labels.length * dimensions);
    let at = 0;
    for (const group of groups) {
      embeddings.set(group.embeddings, at);
      at += group.embeddings.length;
    }
    const labelled: LabelledFaces = { embeddings, dimensions, persons: labels };
    return { personIds, faceIds: groups.flatMap(({ faceIds }) => faceIds), labelled };
  }

  return async function train(
    wanted: TrainMatchingOptions,
    { signal, onEpoch }: TrainContext = {},
  ): Promise<TrainedMatching> {
    const started = performance.now();
    const { modelId } = await recogniser();
    const { personIds, faceIds, labelled } = await collect(modelId, wanted.minFacesPerPerson);
    const options = toTrainingOptions(wanted, labelled.dimensions);
    const checkpoint = `${keyOf({ modelId, options: { ...options, epochs: 0 }, personIds, faceIds })}.checkpoint`;
    const checkpointPath = join(heads.directory, checkpoint);
    await mkdir(heads.directory, { recursive: true });
    const task = { faces: labelled, options, minFaces: wanted.minFacesPerPerson, checkpointPath };
    const { judged, losses } = await trainInThread(task, { signal, onEpoch });
    const { verdict, calibration, trainedPersons, trainingFaces, validationFaces, validationLoss } = judged;
    if (verdict.isAccepted && calibration !== undefined) {
      await heads.accept({
        modelId,
        personIds: trainedPersons.map((person) => personIds[person]!),
        calibration,
        checkpoint,
        verdict,
        trainedAt: Date.now(),
      });
    }
    return {
      personsUsed: personIds.length,
      totalFaces: faceIds.length,
      trainingFaces,
      validationFaces,
      losses,
      verdict,
      ...(validationLoss === undefined ? {} : { validationLoss, checkpointPath }),
      seconds: Math.round(performance.now() - started) / 1000,
    };
  };
}
export type TrainMatching = ReturnType<typeof createMatchingTrainer>;

/** Wide enough to begin as the identity: a narrower or random start loses what the embedding knew. */
function toTrainingOptions(
  { epochs, margin, batchSize, learningRate }: TrainMatchingOptions,
  dimensions: number,
): TrainingOptions {
  const size = Math.max(1, dimensions);
  return {
    shape: { inputSize: size, hiddenSize: 2 * size, outputSize: size },
    epochs,
    batchSize,
    margin,
    mining: "semi-hard",
    optimizer: { kind: "adam", learningRate },
    seed: SEED,
  };
}

/** Changes with everything on which a training depends but its length. */
function keyOf(facts: unknown): string {
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 16);
}
