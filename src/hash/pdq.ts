import type { RasterImage } from "../core/raster-image.ts";
import { computeLuminanceGrid, GRID_SIZE } from "./luminance-grid.ts";
import { SYMMETRIES, turnBlock, writeBits } from "./pdq-symmetry.ts";

/**
 * PDQ: a 256-bit perceptual hash of a picture and a quality (Facebook, "The TMK+PDQF video-hashing algorithm and the PDQ
 * image-hashing algorithm", 2019; `pdq/cpp/hashing/pdqhashing.cpp` of ThreatExchange).
 *
 * Cost: one pass over at most 512×512 pixels, then 82,000 multiplications.
 *
 * The contract:
 * - blurred 64×64 luminance → the 16×16 lowest frequencies of its DCT-II, the mean left out → bit = above the median;
 * - 31 of 256 bits is the published distance of a copy; below quality 50 a hash says little (flat pictures);
 * - bits of nearly equal frequencies may differ from the reference's by rounding, which only flat pictures show.
 */

/** Frequencies kept in each direction: 1–16 of 0–63. */
const BLOCK_SIZE = 16;

/** Rasters with a shorter side than this have no hash in the reference: all zero, quality 0. */
const MIN_SIDE = 5;
const NO_HASH = "0".repeat(64);

/** Index of the sorted 256 values that counts as their median in the reference. */
const MEDIAN_INDEX = 127;

/** Sum of the gradients that counts as quality 1, in percents of full contrast; from the reference. */
const GRADIENTS_PER_QUALITY = 90;

/** A perceptual hash. */
export interface Pdq {
  /** 256 bits, 64 lower-case hex digits. */
  readonly hash: string;
  /** 0–100; below 50 the picture is too flat for a match to mean something. */
  readonly quality: number;
}

/** The hashes of a picture turned and mirrored. */
export interface PdqVariants {
  /** As it is; turned left by 90°, 180°, 270°; mirrored top to bottom, left to right, along the main and the other diagonal. */
  readonly hashes: readonly string[];
  /** 0–100, of the picture as it is. */
  readonly quality: number;
}

/** Rows 1–16 of the orthonormal DCT-II of 64 samples. [16, 64] */
const DCT_MATRIX = Float64Array.from({ length: BLOCK_SIZE * GRID_SIZE }, (_, index) => {
  const frequency = Math.floor(index / GRID_SIZE) + 1;
  const sample = index % GRID_SIZE;
  return Math.sqrt(2 / GRID_SIZE) * Math.cos((Math.PI / (2 * GRID_SIZE)) * frequency * (2 * sample + 1));
});

/** Hash and quality of an upright raster. Throws `bad_request` on a raster whose size and data disagree. */
export function computePdq(image: RasterImage): Pdq {
  const grid = computeLuminanceGrid(image);
  if (isTooSmall(image)) return { hash: NO_HASH, quality: 0 };
  return { hash: hashBlock(computeDctBlock(grid)), quality: computeQuality(grid) };
}

/** The hashes that the raster has in its eight orientations, for little more than the cost of one. Throws as {@link computePdq}. */
export function computePdqVariants(image: RasterImage): PdqVariants {
  const grid = computeLuminanceGrid(image);
  if (isTooSmall(image)) return { hashes: SYMMETRIES.map(() => NO_HASH), quality: 0 };
  const block = computeDctBlock(grid);
  return {
    hashes: SYMMETRIES.map((symmetry) => hashBlock(turnBlock(block, symmetry))),
    quality: computeQuality(grid),
  };
}

/** The lowest 16×16 frequencies of a 64×64 grid without the constant ones, vertical frequency by row. Row-major. */
export function computeDctBlock(grid: Float64Array): Float64Array {
  const vertical = new Float64Array(BLOCK_SIZE * GRID_SIZE);
  for (let i = 0; i < BLOCK_SIZE; i++) {
    for (let k = 0; k < GRID_SIZE; k++) {
      const factor = DCT_MATRIX[i * GRID_SIZE + k]!;
      for (let x = 0; x < GRID_SIZE; x++) vertical[i * GRID_SIZE + x]! += factor * grid[k * GRID_SIZE + x]!;
    }
  }
  return Float64Array.from({ length: BLOCK_SIZE * BLOCK_SIZE }, (_, index) =>
    dotRows(vertical, index >> 4, DCT_MATRIX, index & 15),
  );
}

function dotRows(a: Float64Array, rowOfA: number, b: Float64Array, rowOfB: number): number {
  let sum = 0;
  for (let k = 0; k < GRID_SIZE; k++) sum += a[rowOfA * GRID_SIZE + k]! * b[rowOfB * GRID_SIZE + k]!;
  return sum;
}

function isTooSmall({ width, height }: RasterImage): boolean {
  return Math.min(width, height) < MIN_SIDE;
}

function hashBlock(block: Float64Array): string {
  const median = block.toSorted()[MEDIAN_INDEX]!;
  return writeBits(Uint8Array.from(block, (value) => Number(value > median)));
}

/** Sum of the steps between neighbours, each in whole percents of full contrast, scaled to 0–100. */
function computeQuality(grid: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < GRID_SIZE; i++) {
    for (let j = 0; j < GRID_SIZE; j++) {
      const value = grid[i * GRID_SIZE + j]!;
      if (i + 1 < GRID_SIZE) sum += gradient(value, grid[(i + 1) * GRID_SIZE + j]!);
      if (j + 1 < GRID_SIZE) sum += gradient(value, grid[i * GRID_SIZE + j + 1]!);
    }
  }
  return Math.min(100, Math.floor(sum / GRADIENTS_PER_QUALITY));
}

function gradient(a: number, b: number): number {
  return Math.floor((Math.abs(a - b) * 100) / 255);
}
