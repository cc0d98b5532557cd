import { KeepsightError } from "../core/errors.ts";
import type { Box, Quad, Size } from "../core/geometry.ts";
import type { RasterImage } from "../core/raster-image.ts";
import { type AffineMatrix, invertAffine } from "../math/affine.ts";
import { type Homography, rectangleToQuad } from "../math/homography.ts";
import { crop } from "./crop.ts";
import { kernel, layOut, reserveMemory } from "./resample/kernel.ts";

/**
 * Warps by inverse mapping, as OpenCV's `warpAffine` and `warpPerspective`: integer coordinates are pixel centres. Cost:
 * O(target pixels). OpenCV rounds source positions to 1/32 pixel; we do not, and differ from it by less than one level
 * on average. The loops are WebAssembly SIMD (resample/kernel.as).
 */

/**
 * The image seen through `matrix`, which maps its pixels to those of the target: bilinear, black outside the image.
 * Throws `bad_request` when the matrix cannot be inverted.
 */
export function warpAffine(image: RasterImage, matrix: AffineMatrix, size: Size): RasterImage {
  const inverse = invertAffine(matrix);
  if (inverse === undefined) {
    throw new KeepsightError("bad_request", `Cannot warp by the singular matrix [${matrix.join(", ")}].`);
  }
  const [a, b, c, d, e, f] = inverse;
  const at = (x: number, y: number) => [a * x + b * y + c, d * x + e * y + f] as const;
  const [right, bottom] = [size.width - 1, size.height - 1];
  const quad: Quad = [...at(0, 0), ...at(right, 0), ...at(right, bottom), ...at(0, bottom)];
  return warpRows(image, quad, size, ({ sourceAt, targetAt, reach }, y) => {
    const start = [b * y + c - reach.x, e * y + f - reach.y] as const;
    kernel.warpLinearRow(sourceAt, reach.width, reach.height, targetAt, size.width, a, d, ...start);
  });
}

/**
 * What lies inside `quad` (pixels of the image), straightened to a rectangle of `size`: bicubic, the border replicated.
 * Throws `bad_request` when three corners of the quad lie on one line.
 */
export function warpPerspective(image: RasterImage, quad: Quad, size: Size): RasterImage {
  const mapping = rectangleToQuad(size, quad);
  if (mapping === undefined) {
    throw new KeepsightError("bad_request", `Cannot straighten the flat quadrilateral [${quad.join(", ")}].`);
  }
  const [a, b, c, d, e, f, g, h] = mapping;
  if (isWholeMove(mapping) && isInside(image, c, f, size)) return crop(image, { x: c, y: f, ...size });
  return warpRows(image, quad, size, ({ sourceAt, targetAt, reach }, y) => {
    const w = h * y + 1;
    // Positions within what is reached: the homography moved by its corner.
    const start = [b * y + c - reach.x * w, e * y + f - reach.y * w] as const;
    const step = [a - reach.x * g, d - reach.y * g, g] as const;
    kernel.warpRow(sourceAt, reach.width, reach.height, targetAt, size.width, ...step, ...start, w);
  });
}

/** What lies where in the kernel's memory while rows are warped. */
interface WarpPlaces {
  readonly sourceAt: number;
  readonly targetAt: number;
  /** The part of the image that lies at `sourceAt`. */
  readonly reach: Box;
}

/** An image of `size` that `warpRow` makes row by row from what lies round `quad`. */
function warpRows(
  image: RasterImage,
  quad: Quad,
  size: Size,
  warpRow: (places: WarpPlaces, y: number) => void,
): RasterImage {
  const reach = reachOf(quad, image);
  const rowBytes = size.width * 3;
  const reachBytes = reach.width * 3;
  const { addresses, byteCount } = layOut(reachBytes * reach.height, rowBytes);
  const [sourceAt, targetAt] = addresses;
  const memory = reserveMemory(byteCount);
  for (let y = 0; y < reach.height; y++) {
    const from = ((reach.y + y) * image.width + reach.x) * 3;
    memory.set(image.data.subarray(from, from + reachBytes), sourceAt + y * reachBytes);
  }
  const data = new Uint8Array(rowBytes * size.height);
  for (let y = 0; y < size.height; y++) {
    warpRow({ sourceAt, targetAt, reach }, y);
    data.set(memory.subarray(targetAt, targetAt + rowBytes), y * rowBytes);
  }
  return { data, width: size.width, height: size.height };
}

/** The pixels of the image that interpolation inside `quad` reads, at least one. */
function reachOf(quad: Quad, image: Size): Box {
  const inside = (value: number, length: number) => Math.min(Math.max(value, 0), length - 1);
  const xs = [quad[0], quad[2], quad[4], quad[6]];
  const ys = [quad[1], quad[3], quad[5], quad[7]];
  const x = inside(Math.floor(Math.min(...xs)) - 1, image.width);
  const y = inside(Math.floor(Math.min(...ys)) - 1, image.height);
  const right = inside(Math.ceil(Math.max(...xs)) + 2, image.width);
  const bottom = inside(Math.ceil(Math.max(...ys)) + 2, image.height);
  return { x, y, width: right - x + 1, height: bottom - y + 1 };
}

/** Whether a mapping only moves by whole pixels: then nothing lies between pixels, and copying rows gives the same. */
function isWholeMove([a, b, c, d, e, f, g, h]: Homography): boolean {
  const isMove = a === 1 && b === 0 && d === 0 && e === 1 && g === 0 && h === 0;
  return isMove && Number.isInteger(c) && Number.isInteger(f);
}

function isInside(image: Size, left: number, top: number, size: Size): boolean {
  return left >= 0 && top >= 0 && left + size.width <= image.width && top + size.height <= image.height;
}
