import { createRandom, shuffle } from "../math/random.ts";
import type { SimilarityCalibration } from "../math/similarity-calibration.ts";
import { calibrate, comparePairs, type PairSimilarities, thresholdAtRate } from "./calibrate.ts";
import { mineTriplets } from "./mine-triplets.ts";
import { projectForward, type ProjectionHead } from "./projection-head.ts";
import { type LabelledFaces, trainHead, type TrainingOptions, type TrainingState } from "./train-head.ts";
import { computeTripletLoss } from "./triplet-loss.ts";

/** How well embeddings tell faces apart: share of pairs of one person found at one false accept in 1,000. */
interface Comparison {
  readonly plain: number;
  readonly projected: number;
}

/** Whether a trained head is to be used, and why. */
export interface HeadVerdict {
  readonly isAccepted: boolean;
  /** For the user. */
  readonly reason: string;
  /** New faces of the persons it was trained on. */
  readonly knownPersons?: Comparison;
  /** Persons it has never seen. */
  readonly unknownPersons?: Comparison;
}

/** Faces that a person needs to take part, unless the caller asks for more. */
const MIN_FACES = 5;

/** Faces of the validation loss: mining triplets among n costs n³. */
const MAX_VALIDATION_FACES = 200;

/** Persons that are needed at least, so that some can be kept aside. */
const MIN_PERSONS = 10;

/** The share of persons, and of the other persons' faces, that training does not see. */
const HELD_OUT = 0.2;

const FALSE_ACCEPT_RATE = 1e-3;

/** What unknown persons may lose: they go by plain embeddings anyway, but a head that hurts them has learnt by heart. */
const TOLERANCE = 0.005;

/** How a training can be followed and resumed, see {@link trainHead}. */
export interface TrainingHooks {
  /** Faces that a person needs to take part; 5 unless given. */
  readonly minFaces?: number | undefined;
  readonly resumeFrom?: TrainingState | undefined;
  readonly onEpoch?: ((state: TrainingState) => void) | undefined;
}

/** A judged training. */
export interface JudgedTraining {
  readonly verdict: HeadVerdict;
  /** Absent where there was too little to train with. */
  readonly state?: TrainingState;
  /** Whom an accepted head is good for: nobody else. */
  readonly trainedPersons: readonly number[];
  readonly trainingFaces: number;
  /** Faces kept aside, of trained persons and of others. */
  readonly validationFaces: number;
  /** Of faces kept aside of the persons it was trained on; absent without a training. */
  readonly validationLoss?: number;
  /** What similarities of projected faces to trained persons mean; absent without a training. */
  readonly calibration?: SimilarityCalibration;
}

/**
 * Trains a head on part of the faces and judges it on the rest: it is accepted only if it beats the plain embeddings
 * on new faces of the persons it knows and does not harm persons it has never seen. The state returned is that of the judged
 * training; an accepted head is good for the persons in `trainedPersons` alone. Deterministic by the options' seed,
 * and {@link trainHead} says how it resumes: with the same faces and seed the same ones are kept aside.
 */
export function trainAndJudge(
  faces: LabelledFaces,
  options: TrainingOptions,
  { minFaces = MIN_FACES, resumeFrom, onEpoch }: TrainingHooks = {},
): JudgedTraining {
  const parts = divideFaces(faces, options.seed, minFaces);
  if (parts === undefined) {
    const reason = `Training needs ${MIN_PERSONS} persons with ${minFaces} confirmed faces each.`;
    return {
      verdict: { isAccepted: false, reason },
      trainedPersons: [],
      trainingFaces: 0,
      validationFaces: 0,
    };
  }
  const { training, known, unknown } = parts;
  const state = trainHead(training, options, {
    ...(resumeFrom && { resumeFrom }),
    ...(onEpoch && { onEpoch }),
  });
  // As in use: faces of people it has not seen, against those it was trained on.
  const { different } = compareSets(projectFaces(state.head, unknown), projectFaces(state.head, training));
  return {
    verdict: judgeHead(state.head, parts),
    state,
    trainedPersons: [...new Set(Array.from(training.persons))],
    trainingFaces: training.persons.length,
    validationFaces: known.persons.length + unknown.persons.length,
    validationLoss: computeValidationLoss(state.head, known, options),
    calibration: calibrate(different),
  };
}

function computeValidationLoss(head: ProjectionHead, known: LabelledFaces, options: TrainingOptions): number {
  const rows = Array.from({ length: Math.min(known.persons.length, MAX_VALIDATION_FACES) }, (_, i) => i);
  const faces = takeFaces(known, rows);
  const { embeddings } = projectForward(head, faces.embeddings);
  const triplets = mineTriplets(embeddings, head.outputSize, faces.persons, options);
  return computeTripletLoss(embeddings, head.outputSize, triplets, options).loss;
}

/** Faces to judge by: what it was trained on, new faces of the same persons, and persons it has not seen. */
interface DividedFaces {
  readonly training: LabelledFaces;
  readonly known: LabelledFaces;
  readonly unknown: LabelledFaces;
}

/** Judges a head by faces that it was not trained on; new faces of known persons are matched with the old ones, as in use. */
function judgeHead(head: ProjectionHead, { training, known, unknown }: DividedFaces): HeadVerdict {
  const knownPersons = {
    plain: shareFound(compareSets(known, training)),
    projected: shareFound(compareSets(projectFaces(head, known), projectFaces(head, training))),
  };
  const unknownPersons = {
    plain: shareFound(comparePairs(unknown)),
    projected: shareFound(comparePairs(projectFaces(head, unknown))),
  };
  const figures = { knownPersons, unknownPersons };
  if (knownPersons.projected <= knownPersons.plain)
    return {
      isAccepted: false,
      reason: `It finds ${percent(knownPersons.projected)} of the pairs of new faces of the persons it was trained on, plain embeddings ${percent(knownPersons.plain)}: it does not help.`,
      ...figures,
    };
  if (unknownPersons.projected < unknownPersons.plain - TOLERANCE)
    return {
      isAccepted: false,
      reason: `It finds ${percent(unknownPersons.projected)} of the pairs of persons it has not seen, plain embeddings ${percent(unknownPersons.plain)}: it has learnt its persons by heart.`,
      ...figures,
    };
  return {
    isAccepted: true,
    reason: `It finds ${percent(knownPersons.projected)} instead of ${percent(knownPersons.plain)} of the pairs of new faces of the persons it was trained on.`,
    ...figures,
  };
}

/** The faces through the head. */
export function projectFaces(head: ProjectionHead, faces: LabelledFaces): LabelledFaces {
  const { embeddings } = projectForward(head, faces.embeddings);
  return { ...faces, embeddings: Float32Array.from(embeddings), dimensions: head.outputSize };
}

/** The similarities of each face of one set with each of the other. */
function compareSets(faces: LabelledFaces, others: LabelledFaces): PairSimilarities {
  const both: LabelledFaces = {
    embeddings: Float32Array.from([...faces.embeddings, ...others.embeddings]),
    dimensions: faces.dimensions,
    persons: [...Array.from(faces.persons), ...Array.from(others.persons)],
  };
  return comparePairs(both, faces.persons.length);
}

function shareFound({ same, different }: PairSimilarities): number {
  const threshold = thresholdAtRate(different, FALSE_ACCEPT_RATE);
  return same.filter((similarity) => similarity > threshold).length / same.length;
}

/** Some persons with all their faces, and some faces of each other person, are kept aside. */
function divideFaces(faces: LabelledFaces, seed: number, minFaces: number): DividedFaces | undefined {
  const rows = Array.from({ length: faces.persons.length }, (_, i) => i);
  const groups = [...Map.groupBy(rows, (i) => faces.persons[i]!).values()].filter(
    (group) => group.length >= minFaces,
  );
  if (groups.length < MIN_PERSONS) return undefined;
  const random = createRandom(seed);
  const shuffled = shuffle(groups, random).map((group) => shuffle(group, random));
  const unknown = shuffled.slice(0, Math.ceil(HELD_OUT * shuffled.length));
  const trained = shuffled.slice(unknown.length);
  const aside = (group: readonly number[]) => Math.max(1, Math.round(HELD_OUT * group.length));
  return {
    unknown: takeFaces(faces, unknown.flat()),
    known: takeFaces(
      faces,
      trained.flatMap((group) => group.slice(0, aside(group))),
    ),
    training: takeFaces(
      faces,
      trained.flatMap((group) => group.slice(aside(group))),
    ),
  };
}

function takeFaces(
  { embeddings, dimensions, persons }: LabelledFaces,
  rows: readonly number[],
): LabelledFaces {
  const taken = new Float32Array(rows.length * dimensions);
  rows.forEach((row, at) =>
    taken.set(embeddings.subarray(row * dimensions, (row + 1) * dimensions), at * dimensions),
  );
  return { embeddings: taken, dimensions, persons: rows.map((row) => persons[row]!) };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
