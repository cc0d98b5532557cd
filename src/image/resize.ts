import { KeepsightError } from "../core/errors.ts";
import type { Box, Size } from "../core/geometry.ts";
import type { RasterImage } from "../core/raster-image.ts";
import { crop } from "./crop.ts";
import { createFilter, type ResizeKernel } from "./resample/filter.ts";
import { kernel, layOut, reserveMemory } from "./resample/kernel.ts";

/**
 * Resizing as the published vision models saw it in training: antialiased exactly as the Python Imaging Library does it
 * (Pillow, `Resample.c`), or plainly bilinear exactly as OpenCV does it (`INTER_LINEAR`).
 *
 * - Pixel centres are at half coordinates: a target centre x lies at (x + ½) · scale in the source.
 * - Weights are fixed-point with 22 fractional bits; the intermediate image is rounded to 8 bits, as Pillow's.
 * - The loops are WebAssembly SIMD (resample/kernel.as): a third to a quarter of the time of the same loops in
 *   JavaScript. libvips is no faster, and differs by up to two levels on average when it shrinks more than four times.
 */

/**
 * The image at another size, sides scaled independently, antialiased when shrinking. Cost: O(source height · target
 * width · taps + target pixels · taps), taps = 2 · support · max(1, shrink factor). Throws `bad_request` for a size that
 * is not at least 1×1 whole pixels.
 */
export function resize(image: RasterImage, size: Size, shape: ResizeKernel): RasterImage {
  return resizePart(image, size, shape, { x: 0, y: 0, ...size });
}

/**
 * The part inside `part` (whole pixels, inside the new size) of the image at another size, to the bit what {@link resize}
 * and a crop would give, without the rest being made: of a panorama of 20:1 whose middle is wanted that is a twentieth.
 */
export function resizePart(image: RasterImage, size: Size, shape: ResizeKernel, part: Box): RasterImage {
  requireSize(size);
  if (image.width === size.width && image.height === size.height) {
    return part.width === size.width && part.height === size.height ? image : crop(image, part);
  }
  const across = createFilter(image.width, size.width, shape, { first: part.x, count: part.width });
  const down = createFilter(image.height, size.height, shape, { first: part.y, count: part.height });
  const firstRow = down.starts[0]!;
  const rowCount = Math.min(image.height, down.starts.at(-1)! + 2 * down.pairs) - firstRow;
  const rowBytes = part.width * 3;
  const { addresses, byteCount } = layOut(
    across.starts.byteLength,
    across.weights.byteLength,
    down.weights.byteLength,
    Math.max(image.width, 2 * across.pairs) * 3,
    Math.max(rowCount, 2 * down.pairs) * rowBytes,
    rowBytes,
  );
  const [startsAt, acrossAt, downAt, sourceAt, narrowedAt, targetAt] = addresses;
  const memory = reserveMemory(byteCount);
  memory.set(bytesOf(across.starts), startsAt);
  memory.set(bytesOf(across.weights), acrossAt);
  memory.set(bytesOf(down.weights), downAt);
  for (let y = 0; y < rowCount; y++) {
    memory.set(rowsOf(image, firstRow + y, 1), sourceAt);
    kernel.filterRow(sourceAt, narrowedAt + y * rowBytes, part.width, startsAt, acrossAt, across.pairs);
  }
  const data = new Uint8Array(rowBytes * part.height);
  const weightBytes = down.weights.byteLength / part.height;
  for (let y = 0; y < part.height; y++) {
    const from = narrowedAt + (down.starts[y]! - firstRow) * rowBytes;
    kernel.filterColumns(from, targetAt, rowBytes, rowBytes, downAt + y * weightBytes, down.pairs);
    data.set(memory.subarray(targetAt, targetAt + rowBytes), y * rowBytes);
  }
  return { data, width: part.width, height: part.height };
}

/**
 * The image at another size for detectors: plain bilinear interpolation, on which they were trained, after halving the
 * image by averaging while it is at least twice too large. Skipping the halving lets fine patterns alias: YOLOX-nano on
 * photos 2.3 times too large then fell from AP50 .452 to .422 (79 COCO photos), while full antialiasing (.453) costs
 * more. Throws `bad_request` for a size that is not at least 1×1 whole pixels.
 */
export function resizeForDetection(image: RasterImage, size: Size): RasterImage {
  requireSize(size);
  const view = halveTowards(image, size);
  return resizeWithoutAntialias(view, size);
}

/**
 * The image no longer than `maxSide` on its longer side, for people to look at: halved while it is at least twice too
 * large, then antialiased. A fifth of the time of antialiasing alone from 1344 to 400 pixels. Never enlarges.
 */
export function shrinkToFit(image: RasterImage, maxSide: number): RasterImage {
  const scale = maxSide / Math.max(image.width, image.height);
  if (scale >= 1) return image;
  const toSide = (length: number) => Math.max(1, Math.round(length * scale));
  const size = { width: toSide(image.width), height: toSide(image.height) };
  return resize(halveTowards(image, size), size, "lanczos3");
}

/** The image halved by averaging until its longer side is `maxSide` or shorter. */
export function halveTo(image: RasterImage, maxSide: number): RasterImage {
  let view = image;
  while (Math.max(view.width, view.height) > maxSide) view = halfOf(view);
  return view;
}

function halveTowards(image: RasterImage, size: Size): RasterImage {
  let view = image;
  while (view.width >= 2 * size.width && view.height >= 2 * size.height) view = halfOf(view);
  return view;
}

/** Halves of images that are still in use: thumbnail, objects and faces all begin with the same one. */
const halves = new WeakMap<RasterImage, RasterImage>();

function halfOf(image: RasterImage): RasterImage {
  const half = halves.get(image) ?? halve(image);
  halves.set(image, half);
  return half;
}

/** The mean of each 2 × 2 pixels; an odd last row or column is left out. */
function halve(image: RasterImage): RasterImage {
  const width = image.width >> 1;
  const height = image.height >> 1;
  const rowBytes = width * 3;
  const sourceBytes = image.width * 3;
  const { addresses, byteCount } = layOut(sourceBytes * 2, rowBytes);
  const [sourceAt, targetAt] = addresses;
  const memory = reserveMemory(byteCount);
  const data = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y++) {
    memory.set(rowsOf(image, 2 * y, 2), sourceAt);
    kernel.halveRows(sourceAt, sourceAt + sourceBytes, targetAt, width);
    data.set(memory.subarray(targetAt, targetAt + rowBytes), y * rowBytes);
  }
  return { data, width, height };
}

/**
 * The image at another size by bilinear interpolation of the four nearest pixels, without antialiasing, in the
 * fixed-point arithmetic of OpenCV's `INTER_LINEAR` (half-pixel centres, replicated border); the image itself where it has
 * that size. Cost: O(target pixels). Throws `bad_request` for a size that is not at least 1×1 whole pixels.
 */
export function resizeWithoutAntialias(image: RasterImage, size: Size): RasterImage {
  requireSize(size);
  if (image.width === size.width && image.height === size.height) return image;
  const across = interpolation(image.width, size.width);
  const down = interpolation(image.height, size.height);
  const rowBytes = size.width * 3;
  const { addresses, byteCount } = layOut(
    across.firsts.byteLength,
    across.weights.byteLength,
    image.width * 3,
    rowBytes * 2,
    rowBytes * 2,
    rowBytes,
  );
  const [firstsAt, weightsAt, sourceAt, evenAt, oddAt, targetAt] = addresses;
  const memory = reserveMemory(byteCount);
  memory.set(bytesOf(across.firsts), firstsAt);
  memory.set(bytesOf(across.weights), weightsAt);
  const interpolated = [-1, -1];
  // A source row often serves several target rows; even and odd ones each have a place to stay.
  const interpolateRow = (y: number): number => {
    const at = y % 2 === 0 ? evenAt : oddAt;
    if (interpolated[y % 2] === y) return at;
    interpolated[y % 2] = y;
    memory.set(rowsOf(image, y, 1), sourceAt);
    kernel.interpolateRow(sourceAt, at, size.width, firstsAt, weightsAt);
    return at;
  };
  const data = new Uint8Array(rowBytes * size.height);
  for (let y = 0; y < size.height; y++) {
    const first = down.firsts[y]!;
    const upper = interpolateRow(first);
    const lower = interpolateRow(Math.min(first + 1, image.height - 1));
    kernel.blendRows(upper, lower, targetAt, rowBytes, down.weights[2 * y + 1]!);
    data.set(memory.subarray(targetAt, targetAt + rowBytes), y * rowBytes);
  }
  return { data, width: size.width, height: size.height };
}

/** 1 as a weight of plain interpolation. */
const ONE = 2048;

/** For each target pixel the source pixel before its centre, and the weights of that one and the next. */
function interpolation(sourceLength: number, targetLength: number) {
  const firsts = new Int32Array(targetLength);
  const weights = new Int16Array(targetLength * 2);
  for (let i = 0; i < targetLength; i++) {
    const centre = Math.max(0, ((i + 0.5) * sourceLength) / targetLength - 0.5);
    const first = Math.floor(centre);
    const hasNext = first + 1 < sourceLength;
    const fraction = hasNext ? Math.round((centre - first) * ONE) : 0;
    firsts[i] = Math.min(first, sourceLength - 1);
    weights.set([ONE - fraction, fraction], 2 * i);
  }
  return { firsts, weights };
}

function rowsOf(image: RasterImage, y: number, count: number): Uint8Array {
  return image.data.subarray(y * image.width * 3, (y + count) * image.width * 3);
}

function bytesOf(numbers: Int32Array | Int16Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

function requireSize({ width, height }: Size): void {
  if (Number.isInteger(width) && Number.isInteger(height) && width >= 1 && height >= 1) return;
  throw new KeepsightError(
    "bad_request",
    `Cannot resize to ${width} × ${height}: sides must be whole pixels ≥ 1.`,
  );
}
