/**
 * Where a picture has most fine detail: print so small that it vanishes when the picture is shrunk shows as edges from pixel
 * to pixel. O(pixels / 4): about 2 ms for 1920 × 1440.
 */
import type { Box } from "../../core/geometry.ts";
import type { RasterImage } from "../../core/raster-image.ts";

/** Detail is summed over squares of this side, pixels. */
const BLOCK = 64;
/** Every so many rows are looked at. */
const ROW_STEP = 4;

/** A part of a picture and the mean difference of neighbouring pixels in it, levels of green. */
export interface BusyPart {
  readonly part: Box;
  readonly detail: number;
}

/** The square of at most `side` pixels, in steps of 64, with the largest differences between neighbours in a row. */
export function findBusiestPart(image: RasterImage, side: number): BusyPart {
  const { width, height } = image;
  const columns = Math.ceil(width / BLOCK);
  const rows = Math.ceil(height / BLOCK);
  const sums = sumDifferences(image, columns, rows);
  const reach = Math.max(1, Math.floor(side / BLOCK));
  const [across, down] = [Math.min(reach, columns), Math.min(reach, rows)];
  let best = { column: 0, row: 0, sum: -1 };
  for (let row = 0; row + down <= rows; row++) {
    for (let column = 0; column + across <= columns; column++) {
      let sum = 0;
      for (let y = row; y < row + down; y++)
        for (let x = column; x < column + across; x++) sum += sums[y * columns + x]!;
      if (sum > best.sum) best = { column, row, sum };
    }
  }
  const [x, y] = [best.column * BLOCK, best.row * BLOCK];
  const part = {
    x,
    y,
    width: Math.min(across * BLOCK, width - x),
    height: Math.min(down * BLOCK, height - y),
  };
  return { part, detail: (best.sum * ROW_STEP) / (part.width * part.height) };
}

function sumDifferences({ data, width, height }: RasterImage, columns: number, rows: number): Float64Array {
  const sums = new Float64Array(columns * rows);
  for (let y = 0; y < height; y += ROW_STEP) {
    const row = Math.floor(y / BLOCK) * columns;
    for (let column = 0; column < columns; column++) {
      const last = Math.min((column + 1) * BLOCK, width) - 1;
      let sum = 0;
      for (let x = column * BLOCK; x < last; x++) {
        const at = (y * width + x) * 3 + 1;
        sum += Math.abs(data[at]! - data[at + 3]!);
      }
      sums[row + column]! += sum;
    }
  }
  return sums;
}
