import { KeepsightError } from "../../core/errors.ts";
import type { Point } from "../../core/geometry.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { warpAffine } from "../../image/warp.ts";
import type { AffineMatrix } from "../../math/affine.ts";
import { estimateSimilarity } from "../../math/umeyama.ts";

/**
 * Five-point alignment of the ArcFace family (Deng et al. 2019; `face_align.py` of insightface): the similarity that brings
 * the landmarks nearest to those of a mean face. Cost: O(crop pixels), 0.2 ms at 112².
 */

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
 * The face upright in a square crop of `size` pixels, eyes and mouth where recognisers expect them; black outside the
 * photo. `landmarks` in pixels of the image. Throws `bad_request` when the landmarks coincide.
 */
export function alignFace(image: RasterImage, landmarks: readonly Point[], size: number): RasterImage {
  return warpAffine(image, computeAlignment(landmarks, size), { width: size, height: size });
}

/** The similarity from pixels of the image to pixels of the crop. Throws `bad_request` when the landmarks coincide. */
export function computeAlignment(landmarks: readonly Point[], size: number): AffineMatrix {
  const alignment = estimateSimilarity(landmarks, meanFace(size));
  if (alignment === undefined) {
    throw new KeepsightError("bad_request", "Cannot align a face whose landmarks are all at the same point.");
  }
  return alignment;
}

function meanFace(size: number): Point[] {
  const isWide = size % MEAN_FACE_SIDE !== 0 && size % WIDE_CROP_SIDE === 0;
  const scale = size / (isWide ? WIDE_CROP_SIDE : MEAN_FACE_SIDE);
  const margin = isWide ? WIDE_CROP_MARGIN * scale : 0;
  return MEAN_FACE.map(({ x, y }) => ({ x: x * scale + margin, y: y * scale }));
}
