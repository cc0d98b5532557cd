/**
 * Corners of a picture with binary descriptors, by which parts of it are found again in other pictures.
 *
 * Corners are the maxima of the smaller eigenvalue of the gradients' scatter (Shi, Tomasi, "Good Features to Track", 1994) on
 * a pyramid of levels √2 apart, the best of each cell of a grid first, so that they cover the picture; each is described by
 * comparing smoothed brightness around it (descriptor-pattern.ts). Cost: O(pixels of the view), 10 ms.
 *
 * - The view is at most {@link VIEW_SIDE} pixels long; positions are in its pixels.
 * - Flat pictures have few features, or none.
 */
import type { Size } from "../core/geometry.ts";
import type { RasterImage } from "../core/raster-image.ts";
import { shrinkToFit } from "../image/resize.ts";
import { DESCRIPTOR_BYTES, PATCH_RADIUS, PATTERN } from "./descriptor-pattern.ts";

/** Longer side of the view, pixels. */
export const VIEW_SIDE = 400;

/** Features of one picture, at most. */
export const MAX_FEATURES = 128;

/** Shares of the features by level; a level halves the pixels, but copies that are small in a screenshot need the coarse ones. */
const LEVEL_SHARES = [0.34, 0.26, 0.19, 0.13, 0.08];

/** From level to level sides shrink by this. */
export const LEVEL_STEP = Math.SQRT2;

/** Cells of the grid along the longer side. */
const GRID_CELLS = 8;

/** Smaller eigenvalue below which there is no corner, levels of grey squared: a step of about 4 both ways. */
const MIN_CORNER = 12;

/** Half the side of the window that gathers gradients. */
const WINDOW = 2;

/** The features of one picture. */
export interface LocalFeatures {
  readonly count: number;
  /** Pixels of the view in which the positions are. */
  readonly view: Size;
  /** x, y of each, pixels of the view. [count · 2] */
  readonly positions: Float32Array;
  /** Level of each, from 0: a feature of level n is √2ⁿ times as large as one of level 0. */
  readonly levels: Uint8Array;
  /** [count · 32] */
  readonly descriptors: Uint8Array;
}

/** Brightness of a picture or a level of it, row-major. */
interface GreyImage extends Size {
  readonly data: Float32Array;
}

/** The features of an upright raster, the strongest of each level first. */
export function extractFeatures(image: RasterImage): LocalFeatures {
  const view = shrinkToFit(image, VIEW_SIDE);
  const positions: number[] = [];
  const levels: number[] = [];
  const descriptors: Uint8Array[] = [];
  let level = smooth(toGrey(view));
  for (let n = 0; n < LEVEL_SHARES.length; n++) {
    const scale = LEVEL_STEP ** n;
    if (n > 0) level = downscale(level);
    const limit = Math.round(MAX_FEATURES * LEVEL_SHARES[n]!);
    const smoothed = smooth(level);
    for (const { x, y } of pickSpread(findCorners(level), level, limit)) {
      positions.push((x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5);
      levels.push(n);
      descriptors.push(describe(smoothed, x, y));
    }
  }
  return {
    count: levels.length,
    view: { width: view.width, height: view.height },
    positions: Float32Array.from(positions),
    levels: Uint8Array.from(levels),
    descriptors: new Uint8Array(Buffer.concat(descriptors)),
  };
}

function toGrey({ data, width, height }: RasterImage): GreyImage {
  const grey = new Float32Array(width * height);
  for (let i = 0, from = 0; i < grey.length; i++, from += 3) {
    grey[i] = 0.299 * data[from]! + 0.587 * data[from + 1]! + 0.114 * data[from + 2]!;
  }
  return { data: grey, width, height };
}

/** Blurred by (1, 2, 1) / 4 both ways, the border left as it is. */
function smooth({ data, width, height }: GreyImage): GreyImage {
  const across = data.slice();
  for (let y = 0; y < height; y++) {
    const end = y * width + width - 1;
    for (let i = y * width + 1; i < end; i++)
      across[i] = 0.25 * (data[i - 1]! + data[i + 1]!) + 0.5 * data[i]!;
  }
  const result = across.slice();
  for (let i = width; i < width * (height - 1); i++) {
    result[i] = 0.25 * (across[i - width]! + across[i + width]!) + 0.5 * across[i]!;
  }
  return { data: result, width, height };
}

/** A level √2 smaller, bilinear: the level is smooth enough not to alias. */
function downscale(image: GreyImage): GreyImage {
  const { data, width, height } = smooth(image);
  const size = { width: Math.floor(width / LEVEL_STEP), height: Math.floor(height / LEVEL_STEP) };
  const target = new Float32Array(size.width * size.height);
  for (let y = 0, to = 0; y < size.height; y++) {
    const sourceY = (y + 0.5) * LEVEL_STEP - 0.5;
    const top = Math.floor(sourceY);
    const down = sourceY - top;
    const row = top * width;
    for (let x = 0; x < size.width; x++, to++) {
      const sourceX = (x + 0.5) * LEVEL_STEP - 0.5;
      const left = Math.floor(sourceX);
      const along = sourceX - left;
      const at = row + left;
      const upper = data[at]! + along * (data[at + 1]! - data[at]!);
      const lower = data[at + width]! + along * (data[at + width + 1]! - data[at + width]!);
      target[to] = upper + down * (lower - upper);
    }
  }
  return { data: target, ...size };
}

interface Corner {
  readonly x: number;
  readonly y: number;
  readonly strength: number;
}

/** Local maxima of the smaller eigenvalue, as far from the border as a patch reaches, strongest first. */
function findCorners({ data, width, height }: GreyImage): Corner[] {
  const strengths = measureCorners(data, width, height);
  const corners: Corner[] = [];
  const border = PATCH_RADIUS + 1;
  for (let y = border; y < height - border; y++) {
    for (let x = border; x < width - border; x++) {
      const at = y * width + x;
      const strength = strengths[at]!;
      if (strength > MIN_CORNER && isMaximum(strengths, at, width)) corners.push({ x, y, strength });
    }
  }
  return corners.sort((a, b) => b.strength - a.strength);
}

function isMaximum(values: Float32Array, at: number, width: number): boolean {
  const value = values[at]!;
  return (
    value > values[at - 1]! &&
    value >= values[at + 1]! &&
    value > values[at - width]! &&
    value >= values[at + width]! &&
    value > values[at - width - 1]! &&
    value > values[at - width + 1]! &&
    value >= values[at + width - 1]! &&
    value >= values[at + width + 1]!
  );
}

/** The smaller eigenvalue of the mean of gradient products over a window of 5 × 5, for each pixel but those at the border. */
function measureCorners(data: Float32Array, width: number, height: number): Float32Array {
  const side = 2 * WINDOW + 1;
  // Sums over a column of the window, moved down row by row.
  const xx = new Float32Array(width);
  const xy = new Float32Array(width);
  const yy = new Float32Array(width);
  const strengths = new Float32Array(width * height);
  const addRow = (y: number, sign: number) => {
    const row = y * width;
    for (let x = 1; x < width - 1; x++) {
      const gx = data[row + x + 1]! - data[row + x - 1]!;
      const gy = data[row + x + width]! - data[row + x - width]!;
      xx[x]! += sign * gx * gx;
      xy[x]! += sign * gx * gy;
      yy[x]! += sign * gy * gy;
    }
  };
  const scale = 1 / (4 * side * side);
  for (let y = 1; y < height - 1; y++) {
    addRow(y, 1);
    if (y > side) addRow(y - side, -1);
    if (y < side) continue;
    const row = (y - WINDOW) * width;
    let sumXx = 0;
    let sumXy = 0;
    let sumYy = 0;
    for (let x = 1; x < width - 1; x++) {
      sumXx += xx[x]!;
      sumXy += xy[x]!;
      sumYy += yy[x]!;
      if (x > side) {
        sumXx -= xx[x - side]!;
        sumXy -= xy[x - side]!;
        sumYy -= yy[x - side]!;
      }
      const half = (sumXx - sumYy) / 2;
      strengths[row + x - WINDOW] = scale * ((sumXx + sumYy) / 2 - Math.sqrt(half * half + sumXy * sumXy));
    }
  }
  return strengths;
}

/** The strongest of every cell in turn, until there are enough. */
function pickSpread(corners: readonly Corner[], { width, height }: Size, limit: number): Corner[] {
  const cell = Math.max(width, height) / GRID_CELLS;
  const cells = Map.groupBy(corners, ({ x, y }) => Math.floor(y / cell) * GRID_CELLS + Math.floor(x / cell));
  const picked: Corner[] = [];
  for (let turn = 0; picked.length < limit; turn++) {
    const next = [...cells.values()].flatMap((inCell) => inCell[turn] ?? []);
    if (next.length === 0) break;
    picked.push(...next.sort((a, b) => b.strength - a.strength));
  }
  return picked.slice(0, limit);
}

function describe({ data, width }: GreyImage, x: number, y: number): Uint8Array {
  const centre = y * width + x;
  const descriptor = new Uint8Array(DESCRIPTOR_BYTES);
  for (let bit = 0, at = 0; bit < DESCRIPTOR_BYTES * 8; bit++, at += 4) {
    const first = data[centre + PATTERN[at]! + PATTERN[at + 1]! * width]!;
    const second = data[centre + PATTERN[at + 2]! + PATTERN[at + 3]! * width]!;
    if (first < second) descriptor[bit >> 3]! |= 1 << (bit & 7);
  }
  return descriptor;
}
