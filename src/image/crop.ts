import { KeepsightError } from "../core/errors.ts";
import type { Box } from "../core/geometry.ts";
import type { RasterImage } from "../core/raster-image.ts";

/**
 * The part of the image inside `box` (pixels), rounded outwards to whole pixels and cut off at the border; at least one
 * pixel. Throws `bad_request` when the box lies wholly outside the image.
 */
export function crop(image: RasterImage, box: Box): RasterImage {
  const left = Math.max(0, Math.floor(box.x));
  const top = Math.max(0, Math.floor(box.y));
  const right = Math.min(image.width, Math.max(left + 1, Math.ceil(box.x + box.width)));
  const bottom = Math.min(image.height, Math.max(top + 1, Math.ceil(box.y + box.height)));
  // Negated so that NaN coordinates are refused too.
  if (!(left < right && top < bottom && box.x + box.width >= 0 && box.y + box.height >= 0)) {
    const wanted = `${box.width} × ${box.height} at ${box.x}, ${box.y}`;
    throw new KeepsightError(
      "bad_request",
      `Cannot crop ${wanted}: it lies outside the image of ${image.width} × ${image.height}.`,
    );
  }
  const width = right - left;
  const height = bottom - top;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * 3;
    data.set(image.data.subarray(from, from + width * 3), y * width * 3);
  }
  return { data, width, height };
}
