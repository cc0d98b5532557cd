import type { FaceDetection, FeatureLevel } from "./feature-levels.ts";

/**
 * Decoder of SCRFD (Guo et al. 2021; `scrfd.py` of insightface): each anchor at (column, row) · stride tells the distances
 * to the four sides of the box and to the landmarks, in strides. Cost: O(anchors).
 */

/** The faces at or above the threshold, in pixels of the model's input, before non-maximum suppression. */
export function decodeScrfd(levels: readonly FeatureLevel[], scoreThreshold: number): FaceDetection[] {
  return levels.flatMap((level) => {
    const scores = level.scores[0]!;
    const faces: FaceDetection[] = [];
    for (let i = 0; i < level.anchorCount; i++) {
      if (scores[i]! >= scoreThreshold) faces.push(decodeAnchor(level, i, scores[i]!));
    }
    return faces;
  });
}

function decodeAnchor(
  { stride, columns, ...level }: FeatureLevel,
  index: number,
  score: number,
): FaceDetection {
  const cell = Math.floor(index / level.anchorsPerCell);
  const x = (cell % columns) * stride;
  const y = Math.floor(cell / columns) * stride;
  const [left, top, right, bottom] = level.boxes.subarray(index * 4, index * 4 + 4);
  const points = level.landmarks.subarray(index * 10, index * 10 + 10);
  return {
    box: {
      x: x - left! * stride,
      y: y - top! * stride,
      width: (left! + right!) * stride,
      height: (top! + bottom!) * stride,
    },
    landmarks: Array.from({ length: 5 }, (_, k) => ({
      x: x + points[2 * k]! * stride,
      y: y + points[2 * k + 1]! * stride,
    })),
    score,
  };
}
