import { KeepsightError } from "../../core/errors.ts";
import type { FloatOutput } from "../run-single.ts";
import type { DecodeOptions, ObjectCandidate } from "./object-candidate.ts";

/**
 * Reads detections that the graph has finished: rows of x1, y1, x2, y2 in pixels of the model's input, score, class. So does
 * a CenterNet that finds its peaks inside the graph (Zhou et al. 2019, "Objects as Points"), and so does a YOLO that was
 * exported end to end ([1, 300, 6], rows without a detection zero). Cost: O(rows).
 */

/** Numbers of a detection. */
const ROW_LENGTH = 6;

/** The detections of [1, rows, 6] at or above the threshold. Throws `model_invalid` for another shape. */
export function decodeCornerRows(
  { data, dims }: FloatOutput,
  { scoreThreshold }: Pick<DecodeOptions, "scoreThreshold">,
): ObjectCandidate[] {
  if (dims.at(-1) !== ROW_LENGTH) {
    throw new KeepsightError(
      "model_invalid",
      `The model must give rows of ${ROW_LENGTH} numbers, not [${dims.join(", ")}]: its catalogue entry has a wrong head.`,
    );
  }
  const candidates: ObjectCandidate[] = [];
  for (let at = 0; at < data.length; at += ROW_LENGTH) {
    const [left, top, right, bottom, score, classIndex] = data.subarray(at, at + ROW_LENGTH) as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    if (score < scoreThreshold) continue;
    const box = { x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
    candidates.push({ box, score, classIndex });
  }
  return candidates;
}
