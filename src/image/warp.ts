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
 * on average. The bicubic loop is WebAssembly SIMD (resample/kernel.as).
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
  const { data: source, width, height } = image;
  const data = new Uint8Array(size.width * size.height * 3);
  for (let y = 0, to = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++, to += 3) {
      const sourceX = a * x + b * y + c;
      const sourceY = d * x + e * y + f;
      if (!(sourceX > -1 && sourceX < width && sourceY > -1 && sourceY < height)) continue;
      const left = Math.floor(sourceX);
      const top = Math.floor(sourceY);
      const along = sourceX - left;
      const down = sourceY - top;
      const hasLeft = left >= 0;
      const hasRight = left + 1 < width;
      const hasTop = top >= 0;
      const hasBottom = top + 1 < height;
      const topLeft = hasTop && hasLeft ? (1 - along) * (1 - down) : 0;
      const topRight = hasTop && hasRight ? along * (1 - down) : 0;
      const bottomLeft = hasBottom && hasLeft ? (1 - along) * down : 0;
      const bottomRight = hasBottom && hasRight ? along * down : 0;
      const upper = ((hasTop ? top : 0) * width + (hasLeft ? left : 0)) * 3;
      const lower = hasBottom && hasTop ? upper + width * 3 : upper;
      const step = hasRight && hasLeft ? 3 : 0;
      for (let channel = 0; channel < 3; channel++) {
        data[to + channel] =
          source[upper + channel]! * topLeft +
          source[upper + step + channel]! * topRight +
          source[lower + channel]! * bottomLeft +
          source[lower + step + channel]! * bottomRight +
          0.5;
      }
    }
  }
  return { data, width: size.width, height: size.height };
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
  const reach = reachOf(quad, image);
  const { x: left, y: top } = reach;
  const rowBytes = size.width * 3;
  const reachBytes = reach.width * 3;
  const { addresses, byteCount } = layOut(reachBytes * reach.height, rowBytes);
  const [sourceAt, targetAt] = addresses;
  const memory = reserveMemory(byteCount);
  for (let y = 0; y < reach.height; y++) {
    const from = ((top + y) * image.width + left) * 3;
    memory.set(image.data.subarray(from, from + reachBytes), sourceAt + y * reachBytes);
  }
  const data = new Uint8Array(rowBytes * size.height);
  for (let y = 0; y < size.height; y++) {
    const w = h * y + 1;
    // Positions within what is reached: the homography moved by its corner.
    const start = [b * y + c - left * w, e * y + f - top * w] as const;
    kernel.warpRow(
      sourceAt,
      reach.width,
      reach.height,
      targetAt,
      size.width,
      a - left * g,
      d - top * g,
      g,
      ...start,
      w,
    );
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
