import type { DetectedFace } from "../../core/photo-analysis.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import type { FaceDetectionSettings } from "../../onnx/model-settings.ts";
import { normalizeBox } from "../normalize-box.ts";
import type { PhotoPixels } from "../photo-pixels.ts";
import { alignFace } from "./align-face.ts";
import { measureCrop } from "./crop-statistics.ts";
import type { FaceDetector } from "./face-detector.ts";
import { estimatePose } from "./face-pose.ts";
import { computeFaceQuality } from "./face-quality.ts";
import type { FaceRecognizer } from "./face-recognizer.ts";
import type { FaceDetection } from "./feature-levels.ts";
import { findFaces } from "./find-faces.ts";

/** Sides below this, in pixels of the upright original, are too small to tell people apart. */
const MIN_FACE_SIZE = 20;

/** Side of the aligned face on which sharpness is measured, whatever the recogniser takes, pixels. */
const MEASURED_SIDE = 112;

/**
 * The faces of a photo, most confident first, with embeddings when there is a recogniser: cut from the detail view, as
 * larger faces align better, and judged too small by the original.
 */
export async function analyseFaces(
  photo: PhotoPixels,
  models: { detector: FaceDetector; recognizer?: FaceRecognizer | undefined },
): Promise<DetectedFace[]> {
  const detections = await findFaces(photo, models.detector, MIN_FACE_SIZE);
  const faces = detections.map((detection) =>
    describeFace(detection, photo.detail, models.detector.settings),
  );
  const { recognizer } = models;
  if (recognizer === undefined) return faces;
  const crops = detections.map(({ landmarks }) => alignFace(photo.detail, landmarks, recognizer));
  const embeddings = await recognizer.embed(crops);
  return faces.map((face, i) => ({ ...face, embedding: embeddings[i]! }));
}

function describeFace(
  { box, landmarks, score }: FaceDetection,
  image: RasterImage,
  { scoreThreshold, clearScore }: FaceDetectionSettings,
): DetectedFace {
  const pose = estimatePose(landmarks);
  const { sharpness, contrast } = measureCrop(alignFace(image, landmarks, { inputSize: MEASURED_SIDE }));
  const quality = computeFaceQuality({
    side: Math.sqrt(box.width * box.height),
    sharpness,
    contrast,
    confidence: (score - scoreThreshold) / (clearScore - scoreThreshold),
    yawDegrees: pose?.yawDegrees ?? 0,
  });
  return {
    normalizedBox: normalizeBox(box, image),
    landmarks: landmarks.map(({ x, y }) => ({ x: x / image.width, y: y / image.height })),
    score,
    quality,
    sharpness,
    ...(pose && { pose }),
  };
}
