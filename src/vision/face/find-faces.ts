import type { Box, Size } from "../../core/geometry.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { intersectionOverUnion } from "../../math/intersection-over-union.ts";
import { nonMaximumSuppression } from "../../math/non-maximum-suppression.ts";
import type { PhotoPixels } from "../photo-pixels.ts";
import type { FaceDetector } from "./face-detector.ts";
import type { FaceDetection } from "./feature-levels.ts";
import { searchTiles } from "./search-tiles.ts";
import { type SquareView, viewSquare } from "./square-view.ts";

/**
 * The faces of a photo in three looks, because one at 640 pixels misses small faces and takes a slice of tomato for one,
 * while a larger one is slower and worse on large faces:
 *
 * 1. a glance at the whole photo, which also notes what might be a face;
 * 2. where it noted small ones and the detail view shows more, the tiles of that view round them (search-tiles.ts);
 * 3. at each doubtful face a closer look, the face alone in the middle at the size that detectors know best. It decides.
 *
 * Budget: the glance, 12 tiles of `inputSize`² and 16 closer looks of 192² or 256². They are counted and not timed, so that the same
 * photo has the same faces on any machine. Most photos need the glance and at most one closer look; a crowd takes 1.5 s of
 * one core with SCRFD-2.5g instead of .1, with YuNet .3 instead of .05 (`npm run eval faces`, November 2026).
 */

/** How many times the face's longer side a closer look shows: in 192 pixels the face has 55, in 256 it has 73. */
const CLOSE_MARGIN = 3.5;
const MAX_CLOSER_LOOKS = 16;

/** The glance notes what scores at least this share of what a face must: SCRFD-2.5g sees 10-pixel faces at half of it. */
const NOTE_SHARE = 0.5;

/** A face seen twice covers about the same place. */
const SAME_FACE_IOU = 0.4;

/** The faces in pixels of `photo.detail`, best first; none of which less than `minSide` pixels of the original are seen. */
export async function findFaces(
  photo: PhotoPixels,
  detector: FaceDetector,
  minSide: number,
): Promise<FaceDetection[]> {
  const { scoreThreshold, iouThreshold } = detector.settings;
  const glance = await detector.detect(photo.preview, { scoreThreshold: scoreThreshold * NOTE_SHARE });
  const noted = glance.map((face) => enlarge(face, photo.detail.width / photo.preview.width));
  const seen = await searchTiles(photo.detail, noted, detector);
  const scale = photo.originalSize.width / photo.detail.width;
  const candidates = seen.filter(({ box }) => visibleSide(box, photo.detail) * scale >= minSide);
  return nonMaximumSuppression(await decideDoubtful(candidates, photo.detail, detector), iouThreshold);
}

function enlarge({ box, landmarks, score }: FaceDetection, scale: number): FaceDetection {
  return {
    box: { x: box.x * scale, y: box.y * scale, width: box.width * scale, height: box.height * scale },
    landmarks: landmarks.map(({ x, y }) => ({ x: x * scale, y: y * scale })),
    score,
  };
}

/** The shorter side of the part of a box that lies in the image. */
function visibleSide({ x, y, width, height }: Box, image: Size): number {
  const visibleWidth = Math.min(x + width, image.width) - Math.max(x, 0);
  const visibleHeight = Math.min(y + height, image.height) - Math.max(y, 0);
  return Math.min(visibleWidth, visibleHeight);
}

/**
 * Candidates without the doubtful ones that are none when seen from close. Of more than {@link MAX_CLOSER_LOOKS} those
 * nearest to the threshold are looked at, and the others stay or go by their score alone.
 */
async function decideDoubtful(
  candidates: readonly FaceDetection[],
  image: RasterImage,
  detector: FaceDetector,
): Promise<FaceDetection[]> {
  const { doubt, scoreThreshold } = detector.settings;
  const distance = ({ score }: FaceDetection) => Math.abs(score - scoreThreshold);
  const doubtful = candidates
    .filter(({ score }) => doubt !== undefined && score >= doubt.from && score < doubt.below)
    .toSorted((a, b) => distance(a) - distance(b))
    .slice(0, MAX_CLOSER_LOOKS);
  const faces = candidates.filter((face) => !doubtful.includes(face) && face.score >= scoreThreshold);
  for (const face of doubtful) {
    const score = await scoreFromClose(face.box, image, detector);
    if (score >= doubt!.keepFrom) faces.push({ ...face, score });
  }
  return faces;
}

/** How sure the detector is of the face when it sees little else; 0 when less than it must be to keep the face. */
async function scoreFromClose(face: Box, image: RasterImage, detector: FaceDetector): Promise<number> {
  const { keepFrom: scoreThreshold, side } = detector.settings.doubt!;
  const view = viewSquare(image, face, Math.max(face.width, face.height) * CLOSE_MARGIN, side);
  const found = await detector.detect(view.image, { scoreThreshold, atOwnSize: true });
  const expected = toView(face, view);
  const same = found.filter(({ box }) => intersectionOverUnion(box, expected) > SAME_FACE_IOU);
  return Math.max(0, ...same.map(({ score }) => score));
}

function toView({ x, y, width, height }: Box, { originX, originY, scale }: SquareView): Box {
  return { x: (x - originX) * scale, y: (y - originY) * scale, width: width * scale, height: height * scale };
}
