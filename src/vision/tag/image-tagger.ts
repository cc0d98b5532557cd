import { KeepsightError } from "../../core/errors.ts";
import type { PhotoTag } from "../../core/photo-analysis.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { toPixelValues } from "../../image/tensor.ts";
import type { ImageTaggingSettings } from "../../onnx/model-settings.ts";
import type { InferenceSession, Tensor } from "../../onnx/session.ts";
import { asDeclared } from "../as-declared.ts";
import { namedOutput } from "../named-output.ts";
import { toSquare } from "../square-input.ts";

/** Says what photos show. */
export interface ImageTagger {
  /** Strongest first. */
  tag(image: RasterImage): Promise<PhotoTag[]>;
}

/** A network that gives one number for each of its tags: Recognize Anything (RAM++), or a classifier. */
export interface TagModel {
  readonly session: InferenceSession;
  readonly settings: ImageTaggingSettings;
  /** Names of the tags, in the order of the outputs. */
  readonly labels: readonly string[];
  /** The score that each tag needs, where they differ. */
  readonly thresholds?: readonly number[] | undefined;
}

/** A tagger of this model. Throws `model_invalid` when there are not as many thresholds as tags. */
export function createImageTagger(model: TagModel): ImageTagger {
  const { session, settings, labels, thresholds } = model;
  if (thresholds !== undefined && thresholds.length !== labels.length) {
    throw new KeepsightError(
      "model_invalid",
      `The model has ${labels.length} tags but ${thresholds.length} thresholds.`,
    );
  }
  return {
    async tag(image) {
      const name = session.inputNames[0] ?? "";
      const outputs = await session.run({ [name]: asDeclared(session, name, preprocess(image, settings)) });
      return postprocess(namedOutput(session, outputs, settings.output).data, model);
    },
  };
}

/** The model's input, [1, 3, inputSize, inputSize] or [1, inputSize, inputSize, 3]. */
export function preprocess(image: RasterImage, settings: ImageTaggingSettings): Tensor {
  const side = settings.inputSize;
  const planes = toPixelValues(toSquare(image, settings), settings.pixels);
  const isPlanar = settings.layout === "nchw";
  const data = isPlanar ? planes : interleave(planes);
  return { type: "float32", data, dims: isPlanar ? [1, 3, side, side] : [1, side, side, 3] };
}

/** Three planes as pixels of three channels. */
function interleave(planes: Float32Array): Float32Array {
  const count = planes.length / 3;
  const pixels = new Float32Array(planes.length);
  for (let i = 0; i < count; i++) {
    pixels[3 * i] = planes[i]!;
    pixels[3 * i + 1] = planes[count + i]!;
    pixels[3 * i + 2] = planes[2 * count + i]!;
  }
  return pixels;
}

/** The tags whose score is above their threshold. Throws `model_invalid` when there are not as many numbers as tags. */
export function postprocess(
  output: Float32Array,
  { settings, labels, thresholds }: Omit<TagModel, "session">,
): PhotoTag[] {
  if (output.length !== labels.length) {
    throw new KeepsightError(
      "model_invalid",
      `The model gave ${output.length} numbers for its ${labels.length} tags.`,
    );
  }
  const scores = activate(output, settings.activation);
  const given = labels
    .map((name, i) => ({ name, score: scores[i]!, threshold: thresholds?.[i] ?? settings.scoreThreshold }))
    .filter(({ score, threshold }) => score > threshold)
    .toSorted((a, b) => b.score - a.score);
  // Of tags of the same name (ImageNet has two kinds of cranes) the stronger counts.
  const strongest = new Map(given.toReversed().map(({ name, score }) => [name, { name, score }]));
  return [...strongest.values()].toReversed().slice(0, settings.maxTags);
}

function activate(output: Float32Array, activation: ImageTaggingSettings["activation"]): Float32Array {
  switch (activation) {
    case "none":
      return output;
    case "sigmoid":
      return sigmoid(output);
    case "sigmoid-unless-probabilities":
      return output.every((value) => value >= 0 && value <= 1) ? output : sigmoid(output);
    case "softmax":
      return softmax(output);
  }
}

function sigmoid(logits: Float32Array): Float32Array {
  return logits.map((logit) => 1 / (1 + Math.exp(-logit)));
}

function softmax(logits: Float32Array): Float32Array {
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
