import type { Box, Size } from "../core/geometry.ts";

/** Shapes within this relative difference count as the same: dimensions are rounded when a photo is made smaller. */
const ASPECT_TOLERANCE = 0.02;

/**
 * The orientation by which marked regions have to be turned to lie on the upright photo. Regions refer to the image as stored
 * (MWG Guidelines 2.0, section 5.9), yet some programs write them for the upright image; where the dimensions that they were
 * marked on have the upright shape, they are upright already. `size` is that of the upright photo.
 */
export function regionOrientation(orientation: number, size: Size, appliedTo: Size | undefined): number {
  if (
    orientation < 5 ||
    appliedTo === undefined ||
    isSameShape(size, { width: size.height, height: size.width })
  ) {
    return orientation;
  }
  return isSameShape(size, appliedTo) ? 1 : orientation;
}

function isSameShape(a: Size, b: Size): boolean {
  return Math.abs((a.width * b.height) / (a.height * b.width) - 1) <= ASPECT_TOLERANCE;
}

/** A box in fractions of the stored image, in fractions of the upright one. `orientation` is EXIF's, 1–8. */
export function orientNormalizedBox({ x, y, width, height }: Box, orientation: number): Box {
  const right = 1 - x - width;
  const bottom = 1 - y - height;
  const turned = { width: height, height: width };
  if (orientation === 2) return { x: right, y, width, height };
  if (orientation === 3) return { x: right, y: bottom, width, height };
  if (orientation === 4) return { x, y: bottom, width, height };
  if (orientation === 5) return { x: y, y: x, ...turned };
  if (orientation === 6) return { x: bottom, y: x, ...turned };
  if (orientation === 7) return { x: bottom, y: right, ...turned };
  if (orientation === 8) return { x: y, y: right, ...turned };
  return { x, y, width, height };
}
