import { KeepsightError } from "../../core/errors.ts";
import type { Box, Point, Size } from "../../core/geometry.ts";
import type { ScoredBox } from "../../math/non-maximum-suppression.ts";
import type { Tensor } from "../../onnx/session.ts";

/** A face in pixels of the image it was looked for in. */
export interface FaceDetection extends ScoredBox {
  /** May reach outside the image. */
  readonly box: Box;
  /** Left eye, right eye, nose, left mouth corner, right mouth corner, as seen by the viewer. */
  readonly landmarks: readonly Point[];
  /** 0–1. */
  readonly score: number;
}

/** The outputs of a face detector for one of its feature maps; every tensor has one row an anchor. */
export interface FeatureLevel {
  /** Pixels of the input between two cells. */
  readonly stride: number;
  /** Cells in a row of the feature map. */
  readonly columns: number;
  readonly anchorsPerCell: number;
  readonly anchorCount: number;
  /** One or more tensors of one number an anchor. */
  readonly scores: readonly Float32Array[];
  /** Four numbers an anchor. */
  readonly boxes: Float32Array;
  /** Ten numbers an anchor: x, y of five points. */
  readonly landmarks: Float32Array;
}

/** Stride of the finest feature map of the SCRFD and YuNet families, pixels; each further one doubles it. */
const FINEST_STRIDE = 8;

/**
 * The outputs sorted into feature maps, finest first, by their shapes alone ([1, anchors, k] or [anchors, k]): exports of one
 * model family name, order and nest them differently. Throws `model_invalid` when they cannot be those of an input of
 * size `frame`.
 */
export function groupByFeatureLevel(outputs: readonly Tensor[], frame: Size): FeatureLevel[] {
  const byAnchorCount = Map.groupBy(outputs, (output) => output.dims.at(-2) ?? 0);
  const finestFirst = [...byAnchorCount].toSorted(([a], [b]) => b - a);
  return finestFirst.map(([anchorCount, tensors], i) => {
    const stride = FINEST_STRIDE << i;
    const columns = Math.ceil(frame.width / stride);
    const anchorsPerCell = anchorCount / (columns * Math.ceil(frame.height / stride));
    const scores = tensorsOfWidth(tensors, 1);
    const [boxes] = tensorsOfWidth(tensors, 4);
    const [landmarks] = tensorsOfWidth(tensors, 10);
    if (!Number.isInteger(anchorsPerCell) || scores.length === 0 || !boxes || !landmarks) {
      throw unknownOutputs(outputs, frame);
    }
    return { stride, columns, anchorsPerCell, anchorCount, scores, boxes, landmarks };
  });
}

function tensorsOfWidth(tensors: readonly Tensor[], width: number): Float32Array[] {
  return tensors
    .filter((tensor) => tensor.dims.at(-1) === width)
    .map((tensor) => tensor.data)
    .filter((data) => data instanceof Float32Array);
}

function unknownOutputs(outputs: readonly Tensor[], frame: Size): KeepsightError {
  const shapes = outputs.map((output) => `[${output.dims.join(", ")}]`).join(" ");
  return new KeepsightError(
    "model_invalid",
    `A face detector must give scores, boxes and 5 landmarks for each feature map of its ${frame.width} × ${frame.height} input, not ${shapes}.`,
  );
}
