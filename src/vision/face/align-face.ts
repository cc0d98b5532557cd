import { KeepsightError } from "../../core/errors.ts";
import type { Point } from "../../core/geometry.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { warpAffine } from "../../image/warp.ts";
import type { AffineMatrix } from "../../math/affine.ts";
import { estimateSimilarity } from "../../math/umeyama.ts";

/**
 * Five-point alignment of the ArcFace family (Deng et al. 2019; `face_align.py` of insightface): the similarity that brings
 * the landmarks nearest to those of a mean face. dlib's recogniser was trained on another mean face and a wider margin.
 * Cost: O(crop pixels), 0.1 to 0.2 ms at 112².
 */

/** The mean face of the crops a recogniser was trained on. */
export type FaceAlignment = "arcface" | "dlib";

/** Landmarks of the mean face in a crop of 112 pixels: left eye, right eye, nose, left and right corner of the mouth. */
const MEAN_FACE: readonly Point[] = [
  { x: 38.2946, y: 51.6963 },
  { x: 73.5318, y: 51.5014 },
  { x: 56.0252, y: 71.7366 },
  { x: 41.5493, y: 92.3655 },
  { x: 70.7299, y: 92.2041 },
];
const MEAN_FACE_SIDE = 112;

/** Some recognisers take crops of 128 pixels, the mean face being scaled to them with a margin of 8 on both sides. */
const WIDE_CROP_SIDE = 128;
const WIDE_CROP_MARGIN = 8;

/**
 * The same points of dlib's mean face (`get_face_chip_details`: five of its 68 points or their means, of a face whose brows
 * and chin span 0–1), in fractions of the crop with dlib's padding of a quarter on every side.
 */
const DLIB_PADDING = 0.25;
const DLIB_MEAN_FACE: readonly Point[] = [
  { x: 0.225659, y: 0.21599 },
  { x: 0.754595, y: 0.21599 },
  { x: 0.490127, y: 0.515625 },
  { x: 0.254149, y: 0.780233 },
  { x: 0.726104, y: 0.780233 },
].map(({ x, y }) => ({ x: padShare(x), y: padShare(y) }));

function padShare(share: number): number {
  return (share + DLIB_PADDING) / (1 + 2 * DLIB_PADDING);
}

/**
 * The face upright in a square crop of `size` pixels, eyes and mouth where recognisers expect them; black outside the
 * photo. `landmarks` in pixels of the image. Throws `bad_request` when the landmarks coincide.
 */
export function alignFace(
  image: RasterImage,
  landmarks: readonly Point[],
  { inputSize: size, alignment = "arcface" }: { inputSize: number; alignment?: FaceAlignment | undefined },
): RasterImage {
  return warpAffine(image, computeAlignment(landmarks, size, alignment), { width: size, height: size });
}

/** The similarity from pixels of the image to pixels of the crop. Throws `bad_request` when the landmarks coincide. */
export function computeAlignment(
  landmarks: readonly Point[],
  size: number,
  alignment: FaceAlignment = "arcface",
): AffineMatrix {
  const matrix = estimateSimilarity(landmarks, alignment === "dlib" ? dlibMeanFace(size) : meanFace(size));
  if (matrix === undefined) {
    throw new KeepsightError("bad_request", "Cannot align a face whose landmarks are all at the same point.");
  }
  return matrix;
}

function dlibMeanFace(size: number): Point[] {
  return DLIB_MEAN_FACE.map(({ x, y }) => ({ x: x * size, y: y * size }));
}

function meanFace(size: number): Point[] {
  const isWide = size % MEAN_FACE_SIDE !== 0 && size % WIDE_CROP_SIDE === 0;
  const scale = size / (isWide ? WIDE_CROP_SIDE : MEAN_FACE_SIDE);
  const margin = isWide ? WIDE_CROP_MARGIN * scale : 0;
  return MEAN_FACE.map(({ x, y }) => ({ x: x * scale + margin, y: y * scale }));
}
