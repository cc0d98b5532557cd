import type { Size } from "../core/geometry.ts";
import type { RasterImage } from "../core/raster-image.ts";
import { resize, resizePart } from "../image/resize.ts";

/** How a photo becomes the square input of a model that looks at it as a whole. */
export interface SquareInput {
  /** Side of the square, pixels. */
  readonly inputSize: number;
  /** The shorter side before the centre is cut out, pixels: `inputSize` when absent. */
  readonly resizeSide?: number | undefined;
  readonly resize: "bicubic" | "bilinear";
  /** `crop`: shorter side to `resizeSide`, centre crop. `squash`: both sides to `inputSize`. */
  readonly fit: "crop" | "squash";
}

/** The photo as a square of `inputSize`, resized with antialiasing as torchvision and Pillow do it. */
export function toSquare(image: RasterImage, input: SquareInput): RasterImage {
  const side = input.inputSize;
  if (input.fit === "squash") return resize(image, { width: side, height: side }, input.resize);
  const frame = coveringSize(image, Math.max(side, input.resizeSide ?? side));
  return resizePart(image, frame, input.resize, {
    x: centerOffset(frame.width - side),
    y: centerOffset(frame.height - side),
    width: side,
    height: side,
  });
}

/** The size whose shorter side is `side`; the longer one is cut to whole pixels, as torchvision does. */
export function coveringSize({ width, height }: Size, side: number): Size {
  return width <= height
    ? { width: side, height: Math.trunc((side * height) / width) }
    : { width: Math.trunc((side * width) / height), height: side };
}

/** Half of the surplus; a half pixel goes to the even number, as Python rounds. */
export function centerOffset(surplus: number): number {
  const half = Math.floor(surplus / 2);
  return surplus % 2 === 0 || half % 2 === 0 ? half : half + 1;
}
