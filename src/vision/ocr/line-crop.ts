import type { Quad, Size } from "../../core/geometry.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { warpPerspective } from "../../image/warp.ts";

/** A crop this many times higher than wide holds a line that runs up or down (PaddleOCR `get_rotate_crop_image`). */
const TALL_RATIO = 1.5;

/** Width and height of the straightened quad: its longer opposite sides, whole pixels, at least 1. */
function straightSize([x1, y1, x2, y2, x3, y3, x4, y4]: Quad): Size {
  const width = Math.max(Math.hypot(x2 - x1, y2 - y1), Math.hypot(x3 - x4, y3 - y4));
  const height = Math.max(Math.hypot(x4 - x1, y4 - y1), Math.hypot(x3 - x2, y3 - y2));
  return { width: Math.max(1, Math.trunc(width)), height: Math.max(1, Math.trunc(height)) };
}

/** True for a box of text that runs up or down. */
export function isTall(quad: Quad): boolean {
  const { width, height } = straightSize(quad);
  return height / width >= TALL_RATIO;
}

/**
 * The pixels of one line, straightened: bicubic, the border replicated; a tall one is turned a quarter anticlockwise so
 * that it lies. Throws `bad_request` for a flat quad.
 */
export function cropLine(image: RasterImage, quad: Quad): RasterImage {
  const line = warpPerspective(image, quad, straightSize(quad));
  return isTall(quad) ? turnQuarter(line) : line;
}

/** The image turned by 90° anticlockwise. */
export function turnQuarter({ data, width, height }: RasterImage): RasterImage {
  const turned = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 3;
      const to = ((width - 1 - x) * height + y) * 3;
      turned[to] = data[from]!;
      turned[to + 1] = data[from + 1]!;
      turned[to + 2] = data[from + 2]!;
    }
  }
  return { data: turned, width: height, height: width };
}

/** The image turned by 180°. */
export function turnHalf({ data, width, height }: RasterImage): RasterImage {
  const turned = new Uint8Array(data.length);
  for (let from = 0, to = data.length - 3; to >= 0; from += 3, to -= 3) {
    turned[to] = data[from]!;
    turned[to + 1] = data[from + 1]!;
    turned[to + 2] = data[from + 2]!;
  }
  return { data: turned, width, height };
}
