import type { Box, Point } from "../../core/geometry.ts";
import type { DetectedFace } from "../../core/photo-analysis.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { intersectionOverUnion } from "../../math/intersection-over-union.ts";
import { describeFaces, type FaceModels } from "./analyse-faces.ts";
import type { FaceDetector } from "./face-detector.ts";
import type { FaceDetection } from "./feature-levels.ts";
import { viewSquare } from "./square-view.ts";

/**
 * A face of which a human or another program gave the box: drawn because the detector missed it, or read from XMP. Only
 * landmarks are lacking. They are looked for round the box, at the size that detectors know best and with a low threshold,
 * as a human has said that a face is there; where nothing is found they are put where faces have them on average.
 */

/** Side of the look, pixels, and how many times the box's longer side it shows: boxes drawn by hand are often loose. */
const VIEW_SIDE = 256;
const VIEW_MARGIN = 3;

/** Share of the detector's threshold that is enough where a human sees a face. */
const THRESHOLD_SHARE = 0.3;

/** Overlap from which on a found face is the one in the box. */
const MIN_OVERLAP = 0.25;

/** Landmarks in fractions of the box: means over 100 portraits of what SCRFD-2.5g and YuNet find. */
const MEAN_LANDMARKS: readonly Point[] = [
  { x: 0.27, y: 0.4 },
  { x: 0.72, y: 0.4 },
  { x: 0.49, y: 0.59 },
  { x: 0.3, y: 0.74 },
  { x: 0.69, y: 0.74 },
];

/**
 * The face in a box (fractions of the upright photo of which `image` is a view), with an embedding when there is a
 * recogniser. The box stays as it was given; score and quality are near 0 where no face could be found in it.
 */
export async function describeDrawnFace(
  image: RasterImage,
  normalizedBox: Box,
  models: FaceModels,
): Promise<DetectedFace> {
  const box = {
    x: normalizedBox.x * image.width,
    y: normalizedBox.y * image.height,
    width: normalizedBox.width * image.width,
    height: normalizedBox.height * image.height,
  };
  const found = await findInBox(image, box, models.detector);
  const { landmarks, score } = found ?? { landmarks: placeMeanLandmarks(box), score: 0 };
  const [face] = await describeFaces([{ box, landmarks, score }], image, models);
  return face!;
}

async function findInBox(
  image: RasterImage,
  box: Box,
  detector: FaceDetector,
): Promise<FaceDetection | undefined> {
  const view = viewSquare(image, box, Math.max(box.width, box.height) * VIEW_MARGIN, VIEW_SIDE);
  const scoreThreshold = detector.settings.scoreThreshold * THRESHOLD_SHARE;
  const faces = await detector.detect(view.image, { scoreThreshold, atOwnSize: true });
  const [best] = faces
    .map(({ box: found, landmarks, score }) => ({
      box: {
        x: found.x / view.scale + view.originX,
        y: found.y / view.scale + view.originY,
        width: found.width / view.scale,
        height: found.height / view.scale,
      },
      landmarks: landmarks.map(({ x, y }) => ({
        x: x / view.scale + view.originX,
        y: y / view.scale + view.originY,
      })),
      score,
    }))
    .map((face) => ({ face, overlap: intersectionOverUnion(face.box, box) }))
    .filter(({ overlap }) => overlap >= MIN_OVERLAP)
    .toSorted((a, b) => b.overlap - a.overlap);
  return best?.face;
}

function placeMeanLandmarks({ x, y, width, height }: Box): Point[] {
  return MEAN_LANDMARKS.map((point) => ({ x: x + point.x * width, y: y + point.y * height }));
}
