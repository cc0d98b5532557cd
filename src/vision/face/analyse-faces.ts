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

/** Name and version of what finds and describes faces: raising the number makes all photos run their faces step again. */
export const FACE_FINDING_ID = "faces-1";

/** Sides below this, in pixels of the upright original, are too small to tell people apart. */
const MIN_FACE_SIZE = 20;

/** Side of the aligned face on which sharpness is measured, whatever the recogniser takes, pixels. */
const MEASURED_SIDE = 112;

/** What finds faces and what recognises them. */
export interface FaceModels {
  readonly detector: FaceDetector;
  readonly recognizer?: FaceRecognizer | undefined;
}

/** The faces of a photo, most confident first, with embeddings when there is a recogniser. */
export async function analyseFaces(photo: PhotoPixels, models: FaceModels): Promise<DetectedFace[]> {
  return describeFaces(await findFaces(photo, models.detector, MIN_FACE_SIZE), photo.detail, models);
}

/**
 * What the pixels tell of faces found in an image, in order; embeddings when there is a recogniser. The larger the image,
 * the sharper the crops: preview and detail view of one photo differ where faces are small.
 */
export async function describeFaces(
  detections: readonly FaceDetection[],
  image: RasterImage,
  { detector, recognizer }: FaceModels,
): Promise<DetectedFace[]> {
  const measured = detections.map(({ landmarks }) =>
    alignFace(image, landmarks, { inputSize: MEASURED_SIDE }),
  );
  const faces = detections.map((detection, i) =>
    describeFace(detection, { image, crop: measured[i]! }, detector.settings),
  );
  if (recognizer === undefined) return faces;
  const { inputSize, alignment = "arcface" } = recognizer;
  const crops =
    inputSize === MEASURED_SIDE && alignment === "arcface"
      ? measured
      : detections.map(({ landmarks }) => alignFace(image, landmarks, recognizer));
  const embeddings = await recognizer.embed(crops);
  return faces.map((face, i) => ({ ...face, embedding: embeddings[i]! }));
}

function describeFace(
  { box, landmarks, score }: FaceDetection,
  { image, crop }: { readonly image: RasterImage; readonly crop: RasterImage },
  { scoreThreshold, clearScore }: FaceDetectionSettings,
): DetectedFace {
  const pose = estimatePose(landmarks);
  const { sharpness, contrast } = measureCrop(crop);
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
