import type { FaceDetection, FeatureLevel } from "./feature-levels.ts";

/**
 * Decoder of YuNet (Wu et al. 2023; `face_detect.cpp` of OpenCV): centre and landmarks relative to the cell, the logarithm
 * of the size, all in strides; score = √(class · objectness), both already sigmoided. Cost: O(anchors).
 */

/** The faces at or above the threshold, in pixels of the model's input, before non-maximum suppression. */
export function decodeYunet(levels: readonly FeatureLevel[], scoreThreshold: number): FaceDetection[] {
  return levels.flatMap((level) => {
    const faces: FaceDetection[] = [];
    for (let i = 0; i < level.anchorCount; i++) {
      const score = geometricMean(level.scores, i);
      if (score >= scoreThreshold) faces.push(decodeCell(level, i, score));
    }
    return faces;
  });
}

/** Class score and objectness weigh the same, so it does not matter which of the two tensors is which. */
function geometricMean(scores: readonly Float32Array[], index: number): number {
  const product = scores.reduce((sofar, score) => sofar * Math.min(1, Math.max(0, score[index]!)), 1);
  return product ** (1 / scores.length);
}

function decodeCell(
  { stride, columns, ...level }: FeatureLevel,
  index: number,
  score: number,
): FaceDetection {
  const column = index % columns;
  const row = Math.floor(index / columns);
  const [dx, dy, logWidth, logHeight] = level.boxes.subarray(index * 4, index * 4 + 4);
  const width = Math.exp(logWidth!) * stride;
  const height = Math.exp(logHeight!) * stride;
  const points = level.landmarks.subarray(index * 10, index * 10 + 10);
  return {
    box: { x: (column + dx!) * stride - width / 2, y: (row + dy!) * stride - height / 2, width, height },
    landmarks: Array.from({ length: 5 }, (_, k) => ({
      x: (column + points[2 * k]!) * stride,
      y: (row + points[2 * k + 1]!) * stride,
    })),
    score,
  };
}
