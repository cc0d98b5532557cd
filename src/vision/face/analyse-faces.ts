import type { Size } from "../../core/geometry.ts";
import type { DetectedFace } from "../../core/photo-analysis.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { normalizeBox } from "../normalize-box.ts";
import { alignFace } from "./align-face.ts";
import type { FaceDetector } from "./face-detector.ts";
import { computeFaceQuality } from "./face-quality.ts";
import type { FaceRecognizer } from "./face-recognizer.ts";
import type { FaceDetection } from "./feature-levels.ts";

/** Sides below this, in pixels of the upright original, are too small to tell people apart. */
const MIN_FACE_SIZE = 20;

/**
 * The faces of a photo, most confident first, with embeddings when there is a recogniser. `image` is any view of the photo
 * (larger faces align better); `original` the size of the upright original, by which faces are judged too small or good.
 */
export async function analyseFaces(
  image: RasterImage,
  original: Size,
  models: { detector: FaceDetector; recognizer?: FaceRecognizer | undefined },
): Promise<DetectedFace[]> {
  const detections = await models.detector.detect(image);
  const faces = detections
    .map((detection) => ({ detection, face: describeFace(detection, image, original) }))
    .filter(({ face }) => isLargeEnough(face, original));
  const { recognizer } = models;
  if (recognizer === undefined) return faces.map(({ face }) => face);
  const crops = faces.map(({ detection }) => alignFace(image, detection.landmarks, recognizer));
  const embeddings = await recognizer.embed(crops);
  return faces.map(({ face }, i) => ({ ...face, embedding: embeddings[i]! }));
}

function describeFace({ box, landmarks, score }: FaceDetection, image: Size, original: Size): DetectedFace {
  const normalizedBox = normalizeBox(box, image);
  return {
    normalizedBox,
    landmarks: landmarks.map(({ x, y }) => ({ x: x / image.width, y: y / image.height })),
    score,
    quality: computeFaceQuality(toPixels(normalizedBox, original), score),
  };
}

function isLargeEnough({ normalizedBox }: DetectedFace, original: Size): boolean {
  const { width, height } = toPixels(normalizedBox, original);
  return width >= MIN_FACE_SIZE && height >= MIN_FACE_SIZE;
}

function toPixels(normalized: Size, original: Size): Size {
  return { width: normalized.width * original.width, height: normalized.height * original.height };
}
