import { KeepsightError } from "../../core/errors.ts";
import type { FloatOutput } from "../run-single.ts";
import type { DecodeOptions, ObjectCandidate } from "./decode-yolo.ts";

/**
 * Reads the detections of a CenterNet (Zhou et al. 2019, "Objects as Points") that finds its peaks inside the graph: rows of
 * x1, y1, x2, y2 in pixels of the model's input, score, class. Cost: O(rows).
 */

/** Numbers of a detection. */
const ROW_LENGTH = 6;

/** The detections of [1, rows, 6] at or above the threshold. Throws `model_invalid` for another shape. */
export function decodeCenternet(
  { data, dims }: FloatOutput,
  { scoreThreshold }: Pick<DecodeOptions, "scoreThreshold">,
): ObjectCandidate[] {
  if (dims.at(-1) !== ROW_LENGTH) {
    throw new KeepsightError(
      "model_invalid",
      `A CenterNet must give rows of ${ROW_LENGTH} numbers, not [${dims.join(", ")}]: its catalogue entry has a wrong head.`,
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
