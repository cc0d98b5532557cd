import { KeepsightError } from "../core/errors.ts";
import { createRandom, shuffle } from "../math/random.ts";
import { type Mining, mineTriplets } from "./mine-triplets.ts";
import { createOptimizerState, type OptimizerOptions, type OptimizerState, takeStep } from "./optimizer.ts";
import {
  createProjectionHead,
  type HeadShape,
  projectBackward,
  projectForward,
  type ProjectionHead,
} from "./projection-head.ts";
import { computeTripletLoss } from "./triplet-loss.ts";

/** Faces of known persons, to learn from. */
export interface LabelledFaces {
  /** Row-major, of L2 length 1. */
  readonly embeddings: Float32Array;
  readonly dimensions: number;
  /** Who each is. */
  readonly persons: ArrayLike<number>;
}

export interface TrainingOptions {
  readonly shape: HeadShape;
  readonly epochs: number;
  /** Faces a step. */
  readonly batchSize: number;
  readonly margin: number;
  readonly mining: Mining;
  readonly optimizer: OptimizerOptions;
  readonly seed: number;
}

/** A training that can go on from here as if it had never stopped. */
export interface TrainingState {
  readonly head: ProjectionHead;
  readonly optimizer: OptimizerState;
  /** Mean loss of each epoch done so far. */
  readonly losses: readonly number[];
}

/** How a training is stopped and goes on. */
interface Resumption {
  readonly resumeFrom?: TrainingState | undefined;
  readonly onEpoch?: ((state: TrainingState) => void) | undefined;
}

/** Faces of one person in a batch, where it has so many: enough for positives, and room for several persons. */
const FACES_PER_PERSON = 4;

/**
 * Trains a projection head by triplets that are mined in each batch. `resumeFrom` goes on with an earlier state (which is
 * left as it was) up to `epochs` in all; `onEpoch` gets the state after each epoch, to be kept as a checkpoint before the
 * next begins. Everything random comes from the seed and the number of the epoch, so stopping and resuming changes nothing.
 * Throws `bad_request` with fewer than two persons of two faces, or when a state has another shape.
 */
export function trainHead(
  faces: LabelledFaces,
  options: TrainingOptions,
  { resumeFrom, onEpoch }: Resumption = {},
): TrainingState {
  const groups = groupFaces(faces);
  let state = resumeFrom === undefined ? beginTraining(options) : copyState(resumeFrom);
  assertShape(state.head, options.shape);
  while (state.losses.length < options.epochs) {
    const loss = trainEpoch(state, faces, groups, options);
    state = { ...state, losses: [...state.losses, loss] };
    onEpoch?.(state);
  }
  return state;
}

function beginTraining({ shape, seed }: TrainingOptions): TrainingState {
  const head = createProjectionHead(shape, seed);
  return { head, optimizer: createOptimizerState(head.parameters), losses: [] };
}

function copyState({ head, optimizer, losses }: TrainingState): TrainingState {
  const copy = (arrays: readonly Float64Array[]) => arrays.map((values) => values.slice());
  return {
    head: { ...head, parameters: copy(head.parameters) },
    optimizer: { step: optimizer.step, first: copy(optimizer.first), second: copy(optimizer.second) },
    losses,
  };
}

function assertShape(head: ProjectionHead, shape: HeadShape): void {
  const isSame = (["inputSize", "hiddenSize", "outputSize"] as const).every(
    (key) => head[key] === shape[key],
  );
  if (!isSame)
    throw new KeepsightError(
      "bad_request",
      "The checkpoint is of a head of another shape; begin a new training.",
    );
}

/** The faces of each person with at least two. */
function groupFaces({ persons }: LabelledFaces): number[][] {
  const rows = Array.from({ length: persons.length }, (_, i) => i);
  const groups = [...Map.groupBy(rows, (i) => persons[i]!).values()].filter((group) => group.length >= 2);
  if (groups.length >= 2) return groups;
  throw new KeepsightError(
    "bad_request",
    "Training needs at least two persons with at least two faces each.",
  );
}

function trainEpoch(
  { head, optimizer, losses }: TrainingState,
  faces: LabelledFaces,
  groups: readonly number[][],
  options: TrainingOptions,
): number {
  // Numbers far apart, so that neighbouring seeds share no epoch.
  const random = createRandom(Math.imul(options.seed, 0x9e3779b1) + losses.length);
  const batches = drawBatches(groups, options.batchSize, random);
  let sum = 0;
  for (const batch of batches) {
    const outputs = projectForward(head, selectRows(faces, batch));
    const persons = batch.map((row) => faces.persons[row]!);
    const triplets = mineTriplets(outputs.embeddings, head.outputSize, persons, options);
    const { loss, gradients } = computeTripletLoss(outputs.embeddings, head.outputSize, triplets, options);
    takeStep(head.parameters, projectBackward(head, outputs, gradients), optimizer, options.optimizer);
    sum += loss;
  }
  return sum / batches.length;
}

/** Every face once, a few of one person together, in random order; a last batch of a single person joins the one before. */
function drawBatches(groups: readonly number[][], batchSize: number, random: () => number): number[][] {
  const pieces = groups.flatMap((group) => {
    const faces = shuffle([...group], random);
    const count = Math.max(1, Math.floor(faces.length / FACES_PER_PERSON));
    return Array.from({ length: count }, (_, p) => faces.filter((_face, at) => at % count === p));
  });
  const batches: number[][] = [[]];
  for (const piece of shuffle(pieces, random)) {
    if (batches.at(-1)!.length + piece.length > batchSize && batches.at(-1)!.length > 0) batches.push([]);
    batches.at(-1)!.push(...piece);
  }
  return batches;
}

function selectRows({ embeddings, dimensions }: LabelledFaces, rows: readonly number[]): Float32Array {
  const selected = new Float32Array(rows.length * dimensions);
  rows.forEach((row, at) =>
    selected.set(embeddings.subarray(row * dimensions, (row + 1) * dimensions), at * dimensions),
  );
  return selected;
}
