import type { Box } from "../../core/geometry.ts";
import { KeepsightError } from "../../core/errors.ts";
import type { Tensor } from "../../onnx/session.ts";
import type { DecodeOptions, ObjectCandidate } from "./object-candidate.ts";

/**
 * Decoders of the DETR family without suppression: RT-DETR (Zhao et al. 2023), D-FINE (Peng et al. 2024), RF-DETR. A query
 * answers for one object, so there are no duplicates to remove. Cost: O(queries · classes).
 *
 * - Hugging Face's exports give raw `logits` and `pred_boxes`; the sigmoid of each logit is the score of one class
 *   (`RTDetrImageProcessor.post_process_object_detection`, which then takes the best pairs of query and class).
 * - The authors' own exports (`tools/deployment/export_onnx.py`, `tools/export_onnx.py`) have done this in the graph and give
 *   `labels`, `boxes` and `scores`, in pixels of the size asked for in `orig_target_sizes`: our input's.
 */

/** What a model gave, by name. */
export type ModelOutputs = Readonly<Record<string, Tensor>>;

/** Candidates in `logits` [1, queries, classes] and `pred_boxes` [1, queries, 4]. Throws `model_invalid` without them. */
export function decodeDetr(outputs: ModelOutputs, options: DecodeOptions): ObjectCandidate[] {
  const { data: logits, dims } = floatOutput(outputs, "logits");
  const { data: boxes } = floatOutput(outputs, "pred_boxes");
  const classes = dims.at(-1) ?? 0;
  if (boxes.length * classes !== logits.length * 4) {
    throw new KeepsightError(
      "model_invalid",
      `The model gives ${logits.length / classes} queries and ${boxes.length / 4} boxes: its catalogue entry has a wrong head.`,
    );
  }
  const candidates: ObjectCandidate[] = [];
  for (let query = 0; query * 4 < boxes.length; query++) {
    const ofQuery = logits.subarray(query * classes, (query + 1) * classes);
    const passing = passingClasses(ofQuery, options);
    if (passing.length === 0) continue;
    const box = toInputBox(boxes.subarray(query * 4, query * 4 + 4), options.inputSize);
    for (const [classIndex, score] of passing) candidates.push({ box, score, classIndex });
  }
  return candidates;
}

/** Candidates in `labels` and `scores` [1, queries] and `boxes` [1, queries, 4] of corners in input pixels. */
export function decodeDetrDecoded(
  outputs: ModelOutputs,
  { scoreThreshold }: Pick<DecodeOptions, "scoreThreshold">,
): ObjectCandidate[] {
  const { data: boxes } = floatOutput(outputs, "boxes");
  const { data: scores } = floatOutput(outputs, "scores");
  const labels = outputs.labels?.data;
  if (labels?.length !== scores.length || boxes.length !== 4 * scores.length) {
    throw new KeepsightError(
      "model_invalid",
      `The model gives ${labels?.length ?? 0} labels, ${boxes.length / 4} boxes and ${scores.length} scores where there must be as many of each.`,
    );
  }
  const candidates: ObjectCandidate[] = [];
  for (const [i, score] of scores.entries()) {
    if (score < scoreThreshold) continue;
    const [left = 0, top = 0, right = 0, bottom = 0] = boxes.subarray(4 * i, 4 * i + 4);
    const box = { x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
    candidates.push({ box, score, classIndex: Number(labels[i]) });
  }
  return candidates;
}

function floatOutput(outputs: ModelOutputs, name: string): { data: Float32Array; dims: readonly number[] } {
  const output = outputs[name];
  if (output?.data instanceof Float32Array) return { data: output.data, dims: output.dims };
  throw new KeepsightError(
    "model_invalid",
    `The model has no float32 output "${name}", only ${Object.keys(outputs).join(", ")}: its catalogue entry has a wrong head.`,
  );
}

function passingClasses(
  logits: Float32Array,
  { scoreThreshold, classesPerCell }: DecodeOptions,
): [classIndex: number, score: number][] {
  if (classesPerCell === "best") {
    const classIndex = logits.indexOf(logits.reduce((best, logit) => Math.max(best, logit), -Infinity));
    const score = sigmoid(logits[classIndex]!);
    return score >= scoreThreshold ? [[classIndex, score]] : [];
  }
  return Array.from(logits, (logit, i): [number, number] => [i, sigmoid(logit)]).filter(
    ([, score]) => score >= scoreThreshold,
  );
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** From centre and size as fractions. */
function toInputBox(fractions: Float32Array, inputSize: number): Box {
  const [x = 0, y = 0, width = 0, height = 0] = fractions.map((fraction) => fraction * inputSize);
  return { x: x - width / 2, y: y - height / 2, width, height };
}
