import type { RasterImage } from "../src/core/raster-image.ts";
import { DETAIL_SIDE, type PhotoPixels, toPhotoPixels } from "../src/vision/photo-pixels.ts";
import { shrinkToFit } from "../src/image/resize.ts";

/** The views of an image that is the whole original. */
export function toWholePhoto(original: RasterImage): PhotoPixels {
  return toPhotoPixels({ image: shrinkToFit(original, DETAIL_SIDE), originalSize: original }, 1344);
}
