import sharp from "sharp";
import type { RasterImage } from "../src/core/raster-image.ts";
import type { PictureTraits } from "../src/duplicate/copy-index.ts";
import { extractFeatures } from "../src/duplicate/local-features.ts";
import { computePdq } from "../src/hash/pdq.ts";

/** A picture with its pixels (of about 400, its thumbnail), as it takes to verify that it is a copy. */
export interface Picture extends PictureTraits {
  readonly image: RasterImage;
}

/** What an import keeps of a photo by default: hashed at preview size, its features and pixels from the stored thumbnail. */
export async function readPicture(file: Buffer): Promise<Picture> {
  const { hash, quality } = computePdq(await readRaster(file, 1344));
  const thumbnail = await shrunk(file, 400).jpeg({ quality: 78 }).toBuffer();
  const image = await readRaster(thumbnail, 400);
  return { image, features: extractFeatures(image), pdq: hash, pdqQuality: quality };
}

function shrunk(file: Buffer, side: number) {
  return sharp(file)
    .autoOrient()
    .flatten({ background: "white" })
    .toColourspace("srgb")
    .resize({ width: side, height: side, fit: "inside", withoutEnlargement: true });
}

async function readRaster(file: Buffer, side: number): Promise<RasterImage> {
  const { data, info } = await shrunk(file, side).raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}
