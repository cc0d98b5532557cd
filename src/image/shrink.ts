import sharp from "sharp";
import type { RasterImage } from "../core/raster-image.ts";

/**
 * The image no longer than `maxSide` on its longer side, antialiased (Lanczos, by libvips); the same object where it is no
 * longer. For shrinking a large image by less than two: from 1920 to 1344 pixels it takes 14 ms, our own kernels 23.
 */
export async function shrink(image: RasterImage, maxSide: number): Promise<RasterImage> {
  const { data, width, height } = image;
  if (Math.max(width, height) <= maxSide) return image;
  const shrunk = await sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .resize({ width: maxSide, height: maxSide, fit: "inside" })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data: shrunk.data, width: shrunk.info.width, height: shrunk.info.height };
}
