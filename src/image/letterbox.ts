import type { Box, Point, Size } from "../core/geometry.ts";
import type { RasterImage } from "../core/raster-image.ts";
import { resizeWithoutAntialias } from "./resize.ts";

/** Where the picture lies inside its frame, and what surrounds it. */
export interface LetterboxOptions {
  readonly anchor: "top-left" | "center";
  /** Level (0–255) of the three channels outside the picture. */
  readonly padValue: number;
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
  const { inner, ...transform } = placeInFrame(image, size, options.anchor);
  const picture =
    inner.width === image.width && inner.height === image.height
      ? image
      : resizeWithoutAntialias(image, inner);
  const data = new Uint8Array(size.width * size.height * 3).fill(options.padValue);
  const rowBytes = inner.width * 3;
  for (let y = 0; y < inner.height; y++) {
    const row = picture.data.subarray(y * rowBytes, (y + 1) * rowBytes);
    data.set(row, ((y + transform.offsetY) * size.width + transform.offsetX) * 3);
  }
  return { image: { data, ...size }, ...transform };
}

/**
 * Geometry of a letterbox without its pixels: the size of the picture inside the frame, rounded to whole pixels, and
 * the transform. An odd rest leaves the smaller half left and on top.
 */
export function placeInFrame(
  image: Size,
  frame: Size,
  anchor: LetterboxOptions["anchor"],
): LetterboxTransform & { readonly inner: Size } {
  const scale = Math.min(frame.width / image.width, frame.height / image.height);
  const inner = {
    width: Math.max(1, Math.round(image.width * scale)),
    height: Math.max(1, Math.round(image.height * scale)),
  };
  const share = anchor === "center" ? 0.5 : 0;
  return {
    inner,
    scale,
    offsetX: Math.floor((frame.width - inner.width) * share),
    offsetY: Math.floor((frame.height - inner.height) * share),
  };
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
