import { KeepsightError } from "../../core/errors.ts";
import type { Size } from "../../core/geometry.ts";
import type { ScoredBox } from "../../math/non-maximum-suppression.ts";
import type { Tensor } from "../../onnx/session.ts";

/**
 * Reads an SSD (Liu et al. 2016) whose boxes are decoded inside the graph: corners x1, y1, x2, y2 as fractions of the frame
 * and a score an anchor, in two tensors. Boxes are cut off at the frame. Cost: O(anchors).
 */

/** The faces at or above the threshold in pixels of the frame. Throws `model_invalid` for other outputs. */
export function decodeSsd(outputs: readonly Tensor[], frame: Size, scoreThreshold: number): ScoredBox[] {
  const boxes = floatsOfWidth(outputs, 4);
  const scores = floatsOfWidth(outputs, 1);
  if (boxes === undefined || scores === undefined || boxes.length !== 4 * scores.length) {
    const shapes = outputs.map((output) => `[${output.dims.join(", ")}]`).join(" ");
    throw new KeepsightError(
      "model_invalid",
      `A face detector with an SSD head must give a box and a score an anchor, not ${shapes}.`,
    );
  }
  const faces: ScoredBox[] = [];
  for (const [i, score] of scores.entries()) {
    // Negated so that NaN is no face.
    if (!(score >= scoreThreshold)) continue;
    const [left, top, right, bottom] = Array.from(boxes.subarray(4 * i, 4 * i + 4), clampFraction) as [
      number,
      number,
      number,
      number,
    ];
    const box = {
      x: left * frame.width,
      y: top * frame.height,
      width: (right - left) * frame.width,
      height: (bottom - top) * frame.height,
    };
    if (box.width > 0 && box.height > 0) faces.push({ box, score });
  }
  return faces;
}

function floatsOfWidth(outputs: readonly Tensor[], width: number): Float32Array | undefined {
  const data = outputs.find((output) => output.dims.at(-1) === width)?.data;
  return data instanceof Float32Array ? data : undefined;
}

function clampFraction(value: number): number {
  return Math.min(1, Math.max(0, value));
}
