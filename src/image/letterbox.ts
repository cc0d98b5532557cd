import type { Box, Point, Size } from "../core/geometry.ts";
import type { RasterImage } from "../core/raster-image.ts";
import { resizeForDetection } from "./resize.ts";

/** Where the picture lies inside its frame, and what surrounds it. */
export interface LetterboxOptions {
  readonly anchor: "top-left" | "center";
  /** Level (0–255) of the three channels outside the picture. */
  readonly padValue: number;
  /** The picture is enlarged at most so many times; as much as fits when absent. */
  readonly maxEnlargement?: number | undefined;
}

/** From pixels of the original to pixels of the frame: frame = original · scale + offset. */
export interface LetterboxTransform {
  readonly scale: number;
  readonly offsetX: number;
  readonly offsetY: number;
}

/** The image scaled (up or down) to fit a frame of `size`, its proportions kept, the rest of the frame filled. */
export function letterbox(
  image: RasterImage,
  size: Size,
  options: LetterboxOptions,
): LetterboxTransform & { readonly image: RasterImage } {
  const { inner, ...transform } = placeInFrame(image, size, options.anchor, options.maxEnlargement);
  const picture = resizeForDetection(image, inner);
  const data = new Uint8Array(size.width * size.height * 3).fill(options.padValue);
  const rowBytes = inner.width * 3;
  for (let y = 0; y < inner.height; y++) {
    const row = picture.data.subarray(y * rowBytes, (y + 1) * rowBytes);
    data.set(row, ((y + transform.offsetY) * size.width + transform.offsetX) * 3);
  }
  return { image: { data, width: size.width, height: size.height }, ...transform };
}

/**
 * Geometry of a letterbox without its pixels: the size of the picture inside the frame in whole pixels, and the
 * transform. Rounded as the model families do in training: centred pictures (Ultralytics) to the nearest, with the
 * smaller half of an odd rest left and on top; pictures in the corner (YOLOX, insightface) down.
 */
export function placeInFrame(
  image: Size,
  frame: Size,
  anchor: LetterboxOptions["anchor"],
  maxEnlargement = Infinity,
): LetterboxTransform & { readonly inner: Size } {
  const fitting = Math.min(frame.width / image.width, frame.height / image.height);
  const scale = fitting <= 1 ? fitting : Math.min(fitting, maxEnlargement);
  const whole = anchor === "center" ? Math.round : floorWithoutNoise;
  const inner = {
    width: Math.max(1, whole(image.width * scale)),
    height: Math.max(1, whole(image.height * scale)),
  };
  const share = anchor === "center" ? 0.5 : 0;
  return {
    inner,
    scale,
    offsetX: Math.floor((frame.width - inner.width) * share),
    offsetY: Math.floor((frame.height - inner.height) * share),
  };
}

/** Rounds down, but 415.9999999 up: the scale is itself a rounded quotient. */
function floorWithoutNoise(length: number): number {
  return Math.floor(length + 1e-6);
}

/** A box of the frame in pixels of the original; it may reach outside of it. */
export function fromLetterboxedBox(box: Box, { scale, offsetX, offsetY }: LetterboxTransform): Box {
  return {
    x: (box.x - offsetX) / scale,
    y: (box.y - offsetY) / scale,
    width: box.width / scale,
    height: box.height / scale,
  };
}

/** A point of the frame in pixels of the original. */
export function fromLetterboxedPoint(point: Point, { scale, offsetX, offsetY }: LetterboxTransform): Point {
  return { x: (point.x - offsetX) / scale, y: (point.y - offsetY) / scale };
}
