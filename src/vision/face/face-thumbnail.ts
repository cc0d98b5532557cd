import type { Box, Point, Size } from "../../core/geometry.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { crop } from "../../image/crop.ts";
import { resize } from "../../image/resize.ts";
import { warpAffine } from "../../image/warp.ts";
import type { AffineMatrix } from "../../math/affine.ts";

/** Side of a face's thumbnail, pixels: sharp at 80 on a screen with two pixels for one. */
export const FACE_THUMBNAIL_SIDE = 160;

/** The thumbnail shows so many times the face's longer side: hair, chin and a little of what is around. */
const MARGIN = 1.6;

/** A face as thumbnails need it; fractions (0–1) of the upright photo. */
export interface FacePlace {
  readonly normalizedBox: Box;
  /** Left eye, right eye and more; no landmarks where a human drew the face. */
  readonly landmarks: readonly Point[];
}

/**
 * A face for people to look at: square, its eyes level, all of the head and a margin, moved towards the middle of the photo
 * where it would reach beyond its border. Cost: O(pixels of the face in the photo).
 */
export function cropFaceThumbnail(image: RasterImage, face: FacePlace): RasterImage {
  const { width, height } = face.normalizedBox;
  const wanted = MARGIN * Math.max(width * image.width, height * image.height);
  const side = Math.max(1, Math.min(wanted, image.width, image.height));
  const centre = {
    x: within(face.normalizedBox.x + width / 2, image.width, side),
    y: within(face.normalizedBox.y + height / 2, image.height, side),
  };
  const angle = rollOf(face.landmarks, image);
  const part = shrinkAround(
    image,
    centre,
    side * (Math.abs(Math.cos(angle)) + Math.abs(Math.sin(angle))),
    side,
  );
  const matrix = turnInto(part, angle, side);
  return warpAffine(part.image, matrix, { width: FACE_THUMBNAIL_SIDE, height: FACE_THUMBNAIL_SIDE });
}

/** A centre (fraction) in pixels, moved so that a square round it lies inside. */
function within(fraction: number, length: number, side: number): number {
  return Math.min(Math.max(fraction * length, side / 2), length - side / 2);
}

/** By how much the line through the eyes falls to the right, radians. */
function rollOf([left, right]: readonly Point[], image: Size): number {
  if (left === undefined || right === undefined) return 0;
  return Math.atan2((right.y - left.y) * image.height, (right.x - left.x) * image.width);
}

/** The surroundings of a point, shrunk with antialiasing where the thumbnail has fewer pixels. */
interface Part {
  readonly image: RasterImage;
  /** The point, in pixels of the part. */
  readonly centre: Point;
  /** Pixels of the part for one of the photo. */
  readonly scale: number;
}

function shrinkAround(image: RasterImage, centre: Point, reach: number, side: number): Part {
  // Two pixels more, which interpolation at the border reads.
  const box = {
    x: centre.x - reach / 2 - 2,
    y: centre.y - reach / 2 - 2,
    width: reach + 4,
    height: reach + 4,
  };
  const surroundings = crop(image, box);
  const scale = Math.min(1, FACE_THUMBNAIL_SIDE / side);
  const toSize = (length: number) => Math.max(1, Math.round(length * scale));
  const size = { width: toSize(surroundings.width), height: toSize(surroundings.height) };
  return {
    image: resize(surroundings, size, "bilinear"),
    centre: {
      x: (centre.x - Math.max(0, Math.floor(box.x))) * scale,
      y: (centre.y - Math.max(0, Math.floor(box.y))) * scale,
    },
    scale,
  };
}

/** Turns the part back by the angle, so that its centre comes to lie in the middle of the thumbnail. */
function turnInto({ centre, scale }: Part, angle: number, side: number): AffineMatrix {
  const zoom = FACE_THUMBNAIL_SIDE / (side * scale);
  const cos = Math.cos(angle) * zoom;
  const sin = Math.sin(angle) * zoom;
  const middle = FACE_THUMBNAIL_SIDE / 2;
  return [
    cos,
    sin,
    middle - cos * centre.x - sin * centre.y,
    -sin,
    cos,
    middle + sin * centre.x - cos * centre.y,
  ];
}
