import type { Size } from "../core/geometry.ts";
import type { RasterImage } from "../core/raster-image.ts";
import { shrink } from "../image/shrink.ts";

/** One photo as the models see it: two views of the same decode, upright, the smaller made from the larger. */
export interface PhotoPixels {
  /** For detectors and whole-photo embeddings; at most 1344 pixels on its longer side unless configured otherwise. */
  readonly preview: RasterImage;
  /** For what is small in the photo: text, faces, crops of objects. The preview itself where the original has no more. */
  readonly detail: RasterImage;
  /** Pixels of the upright original. */
  readonly originalSize: Size;
}

/** Longer side of the detail view, pixels: what the crops of objects are cut from (specification of the seeds). */
export const DETAIL_SIDE = 1920;

/** The views of a decoded photo. */
export async function toPhotoPixels(
  decoded: { readonly image: RasterImage; readonly originalSize: Size },
  previewSide: number,
): Promise<PhotoPixels> {
  const { image: detail, originalSize } = decoded;
  return { preview: await shrink(detail, previewSide), detail, originalSize };
}
