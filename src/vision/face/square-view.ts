import type { Box } from "../../core/geometry.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { resize } from "../../image/resize.ts";

/** A square part of an image at another scale: view = (image − origin) · scale. */
export interface SquareView {
  readonly image: RasterImage;
  /** Pixels of the image; may lie outside of it. */
  readonly originX: number;
  readonly originY: number;
  readonly scale: number;
}

/**
 * The square of `side` pixels round the middle of `box`, brought to `viewSide` pixels by antialiased bilinear
 * interpolation; black where it leaves the image.
 */
export function viewSquare(image: RasterImage, box: Box, side: number, viewSide: number): SquareView {
  const originX = Math.floor(box.x + (box.width - side) / 2);
  const originY = Math.floor(box.y + (box.height - side) / 2);
  const wholeSide = Math.max(1, Math.ceil(side));
  const square = copySquare(image, originX, originY, wholeSide);
  return {
    image: resize(square, { width: viewSide, height: viewSide }, "bilinear"),
    originX,
    originY,
    scale: viewSide / wholeSide,
  };
}

function copySquare(image: RasterImage, left: number, top: number, side: number): RasterImage {
  const data = new Uint8Array(side * side * 3);
  const firstColumn = Math.max(0, left);
  const afterColumn = Math.min(image.width, left + side);
  const afterRow = Math.min(image.height, top + side);
  if (firstColumn >= afterColumn) return { data, width: side, height: side };
  for (let y = Math.max(0, top); y < afterRow; y++) {
    const row = image.data.subarray((y * image.width + firstColumn) * 3, (y * image.width + afterColumn) * 3);
    data.set(row, ((y - top) * side + firstColumn - left) * 3);
  }
  return { data, width: side, height: side };
}
