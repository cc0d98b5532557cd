import type { RasterImage } from "../src/core/raster-image.ts";
import { DETAIL_SIDE, type PhotoPixels, toPhotoPixels } from "../src/vision/photo-pixels.ts";
import { shrink } from "../src/image/shrink.ts";

/** The views of an image that is the whole original. */
export async function toWholePhoto(original: RasterImage): Promise<PhotoPixels> {
  return toPhotoPixels({ image: await shrink(original, DETAIL_SIDE), originalSize: original }, 1344);
}
