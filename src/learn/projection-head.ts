import { KeepsightError } from "../core/errors.ts";
import { createRandom } from "../math/random.ts";

/**
 * A projection head: two layers on frozen embeddings, x → W₂·relu(W₁·x + b₁) + b₂, scaled to L2 length 1 (Chen et al.,
 * "A Simple Framework for Contrastive Learning", 2020). In float64, as training needs it.
 *
 * It starts as the identity where the shape allows it (at least twice as many hidden units as inputs, as many outputs):
 * hidden units come in pairs, x and −x, since relu(x) − relu(−x) = x. Where it is narrower it starts as a projection onto
 * orthonormal directions, which is as near to the identity as it gets: a random start has lost what the embedding knew.
 */
export interface ProjectionHead {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly outputSize: number;
  /** W₁ (hidden × input), b₁, W₂ (output × hidden), b₂; matrices row-major. */
  readonly parameters: readonly Float64Array[];
}

export interface HeadShape {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly outputSize: number;
}

/** Hidden units that no pair needs start small, so that they can learn without disturbing. */
const SPARE_SCALE = 0.01;

/** A head at its start; the seed matters where directions or spare units are drawn. */
export function createProjectionHead(shape: HeadShape, seed: number): ProjectionHead {
  const { inputSize, hiddenSize, outputSize } = shape;
  if (![inputSize, hiddenSize, outputSize].every((size) => Number.isInteger(size) && size >= 1))
    throw new KeepsightError(
      "bad_request",
      `The sizes of a head are whole numbers from 1 on, not ${inputSize}, ${hiddenSize}, ${outputSize}.`,
    );
  const random = createRandom(seed);
  const w1 = Float64Array.from({ length: hiddenSize * inputSize }, () => (random() - 0.5) * SPARE_SCALE);
  const w2 = new Float64Array(outputSize * hiddenSize);
  const pairs = Math.min(inputSize, outputSize, Math.floor(hiddenSize / 2));
  drawDirections(pairs, inputSize, random).forEach((direction, p) => {
    w1.set(direction, 2 * p * inputSize);
    w1.set(
      direction.map((value) => -value),
      (2 * p + 1) * inputSize,
    );
    w2[p * hiddenSize + 2 * p] = 1;
    w2[p * hiddenSize + 2 * p + 1] = -1;
  });
  return { ...shape, parameters: [w1, new Float64Array(hiddenSize), w2, new Float64Array(outputSize)] };
}

/** The axes where there is room for all of them, else random orthonormal directions (Gram, Schmidt). */
function drawDirections(count: number, size: number, random: () => number): Float64Array[] {
  const directions: Float64Array[] = [];
  while (directions.length < count) {
    const direction = new Float64Array(size);
    if (count === size) direction[directions.length] = 1;
    else for (let k = 0; k < size; k++) direction[k] = random() - 0.5;
    for (const other of directions) {
      const overlap = direction.reduce((sum, value, k) => sum + value * other[k]!, 0);
      for (let k = 0; k < size; k++) direction[k]! -= overlap * other[k]!;
    }
    const length = Math.hypot(...direction);
    directions.push(direction.map((value) => value / length));
  }
  return directions;
}

/** What the layers gave for some inputs, row-major, as going back needs it. */
export interface HeadOutputs {
  readonly count: number;
  readonly inputs: Float32Array | Float64Array;
  /** After the ReLU. */
  readonly hidden: Float64Array;
  /** L2 length 1. */
  readonly embeddings: Float64Array;
  /** The lengths before they became 1. */
  readonly lengths: Float64Array;
}

/** Lengths below this count as this: an output of zero has no direction. */
const MIN_LENGTH = 1e-12;

/** Embeddings through the head. Throws `bad_request` when they are not rows of the head's input size. */
export function projectForward(head: ProjectionHead, inputs: Float32Array | Float64Array): HeadOutputs {
  const { inputSize, hiddenSize, outputSize, parameters } = head;
  if (inputs.length % inputSize !== 0)
    throw new KeepsightError("bad_request", `${inputs.length} numbers are not embeddings of ${inputSize}.`);
  const [w1, b1, w2, b2] = parameters as [Float64Array, Float64Array, Float64Array, Float64Array];
  const count = inputs.length / inputSize;
  const hidden = applyLayer(inputs, w1, b1, count, inputSize, hiddenSize);
  for (let k = 0; k < hidden.length; k++) if (hidden[k]! < 0) hidden[k] = 0;
  const embeddings = applyLayer(hidden, w2, b2, count, hiddenSize, outputSize);
  const lengths = Float64Array.from({ length: count }, (_, i) => {
    const row = embeddings.subarray(i * outputSize, (i + 1) * outputSize);
    const length = Math.max(MIN_LENGTH, Math.hypot(...row));
    for (let k = 0; k < outputSize; k++) row[k]! /= length;
    return length;
  });
  return { count, inputs, hidden, embeddings, lengths };
}

function applyLayer(
  inputs: Float32Array | Float64Array,
  weights: Float64Array,
  biases: Float64Array,
  count: number,
  inputSize: number,
  outputSize: number,
): Float64Array {
  const outputs = new Float64Array(count * outputSize);
  for (let i = 0; i < count; i++) {
    for (let o = 0; o < outputSize; o++) {
      let sum = biases[o]!;
      for (let k = 0, x = i * inputSize, w = o * inputSize; k < inputSize; k++)
        sum += inputs[x++]! * weights[w++]!;
      outputs[i * outputSize + o] = sum;
    }
  }
  return outputs;
}

/** The gradients of the parameters, given those of the embeddings that {@link projectForward} gave. */
export function projectBackward(
  head: ProjectionHead,
  outputs: HeadOutputs,
  embeddingGradients: Float64Array,
): Float64Array[] {
  const { inputSize, hiddenSize, outputSize, parameters } = head;
  const rawGradients = throughNormalization(outputs, embeddingGradients, outputSize);
  const gradients = parameters.map((values) => new Float64Array(values.length));
  const [g1, gb1, g2, gb2] = gradients as [Float64Array, Float64Array, Float64Array, Float64Array];
  const w2 = parameters[2]!;
  const hiddenGradient = new Float64Array(hiddenSize);
  for (let i = 0; i < outputs.count; i++) {
    hiddenGradient.fill(0);
    const hidden = outputs.hidden.subarray(i * hiddenSize, (i + 1) * hiddenSize);
    for (let o = 0; o < outputSize; o++) {
      const gradient = rawGradients[i * outputSize + o]!;
      if (gradient === 0) continue;
      gb2[o]! += gradient;
      for (let h = 0; h < hiddenSize; h++) {
        g2[o * hiddenSize + h]! += gradient * hidden[h]!;
        hiddenGradient[h]! += gradient * w2[o * hiddenSize + h]!;
      }
    }
    for (let h = 0; h < hiddenSize; h++) {
      const gradient = hiddenGradient[h]!;
      if (hidden[h]! <= 0 || gradient === 0) continue;
      gb1[h]! += gradient;
      for (let k = 0; k < inputSize; k++)
        g1[h * inputSize + k]! += gradient * outputs.inputs[i * inputSize + k]!;
    }
  }
  return gradients;
}

/** d/dy of y / |y|: what goes along the embedding is lost. */
function throughNormalization(
  { count, embeddings, lengths }: HeadOutputs,
  gradients: Float64Array,
  size: number,
): Float64Array {
  const raw = new Float64Array(gradients.length);
  for (let i = 0; i < count; i++) {
    let along = 0;
    for (let k = i * size; k < (i + 1) * size; k++) along += gradients[k]! * embeddings[k]!;
    for (let k = i * size; k < (i + 1) * size; k++)
      raw[k] = (gradients[k]! - along * embeddings[k]!) / lengths[i]!;
  }
  return raw;
}
