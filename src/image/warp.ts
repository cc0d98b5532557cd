import { KeepsightError } from "../core/errors.ts";
import type { Quad, Size } from "../core/geometry.ts";
import type { RasterImage } from "../core/raster-image.ts";
import { type AffineMatrix, invertAffine } from "../math/affine.ts";
import { type Homography, rectangleToQuad } from "../math/homography.ts";
import { crop } from "./crop.ts";

/**
 * Warps by inverse mapping, as OpenCV's `warpAffine` and `warpPerspective`: integer coordinates are pixel centres. Cost:
 * O(target pixels). OpenCV rounds source positions to 1/32 pixel; we do not, and differ from it by less than one level
 * on average.
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
  const data = new Uint8ClampedArray(size.width * size.height * 3);
  const columns = new Int32Array(4);
  const across = new Float64Array(4);
  const down = new Float64Array(4);
  for (let y = 0, to = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++, to += 3) {
      const w = g * x + h * y + 1;
      const sourceX = (a * x + b * y + c) / w;
      const sourceY = (d * x + e * y + f) / w;
      const left = Math.floor(sourceX);
      const top = Math.floor(sourceY);
      fillCubicWeights(across, sourceX - left);
      fillCubicWeights(down, sourceY - top);
      for (let i = 0; i < 4; i++) columns[i] = clampIndex(left + i - 1, image.width) * 3;
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let j = 0; j < 4; j++) {
        const row = clampIndex(top + j - 1, image.height) * image.width * 3;
        for (let i = 0; i < 4; i++) {
          const weight = across[i]! * down[j]!;
          const from = row + columns[i]!;
          red += weight * image.data[from]!;
          green += weight * image.data[from + 1]!;
          blue += weight * image.data[from + 2]!;
        }
      }
      data[to] = red;
      data[to + 1] = green;
      data[to + 2] = blue;
    }
  }
  return { data: new Uint8Array(data.buffer), width: size.width, height: size.height };
}

/** Whether a mapping only moves by whole pixels: then nothing lies between pixels, and copying rows gives the same. */
function isWholeMove([a, b, c, d, e, f, g, h]: Homography): boolean {
  const isMove = a === 1 && b === 0 && d === 0 && e === 1 && g === 0 && h === 0;
  return isMove && Number.isInteger(c) && Number.isInteger(f);
}

function isInside(image: Size, left: number, top: number, size: Size): boolean {
  return left >= 0 && top >= 0 && left + size.width <= image.width && top + size.height <= image.height;
}

/** Sharpness of the cubic convolution kernel (Keys 1981) that OpenCV uses. */
const CUBIC_SHARPNESS = -0.75;

/** Weights of the four neighbours at −1, 0, 1, 2 for a position `t` (0–1) after the second. */
function fillCubicWeights(weights: Float64Array, t: number): void {
  const a = CUBIC_SHARPNESS;
  const u = 1 - t;
  weights[0] = a * t * u * u;
  weights[1] = ((a + 2) * t - (a + 3)) * t * t + 1;
  weights[2] = ((a + 2) * u - (a + 3)) * u * u + 1;
  weights[3] = a * u * t * t;
}

function clampIndex(index: number, length: number): number {
  return index < 0 ? 0 : index >= length ? length - 1 : index;
}
