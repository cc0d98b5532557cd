import type { RasterImage } from "../core/raster-image.ts";

/** How levels become a model's input: (level · scale − mean) / std; `mean` and `std` follow `colourOrder`. */
export interface PixelNormalization {
  readonly colourOrder: "rgb" | "bgr";
  readonly scale: number;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** The image as a planar float tensor [3, height, width], channels in the order of the settings. */
export function toPixelValues(image: RasterImage, settings: PixelNormalization): Float32Array {
  const { data } = image;
  const planeSize = image.width * image.height;
  const pixelValues = new Float32Array(3 * planeSize);
  for (let plane = 0; plane < 3; plane++) {
    const factor = settings.scale / settings.std[plane]!;
    const shift = -settings.mean[plane]! / settings.std[plane]!;
    const channel = settings.colourOrder === "rgb" ? plane : 2 - plane;
    const start = plane * planeSize;
    for (let i = 0, from = channel; i < planeSize; i++, from += 3) {
      pixelValues[start + i] = data[from]! * factor + shift;
    }
  }
  return pixelValues;
}
