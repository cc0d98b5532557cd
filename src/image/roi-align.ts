import type { Box, Size } from "../core/geometry.ts";

/**
 * RoIAlign (He, Gkioxari, Dollár, Girshick, "Mask R-CNN", 2017, §3) as torchvision's `ops.roi_align` computes it: a box with
 * fractional borders becomes a grid of cells, each the mean of bilinear samples at regular places inside it, so that no
 * border is rounded to whole pixels.
 *
 * - Cost: O(channels · cells · samples a cell).
 * - Samples more than one pixel outside the map count as 0, nearer ones take the value at its border.
 * - Without `isAligned` a box is at least one pixel wide and high, and coordinates lack the half-pixel shift: torchvision's
 *   old behaviour, on which older models were trained.
 */

/** A map of one or more channels, one after the other, each row by row: data[(c · height + y) · width + x]. */
export interface FeatureMap extends Size {
  readonly data: ArrayLike<number>;
  readonly channels: number;
}

export interface RoiAlignOptions {
  /** Cells of the result. */
  readonly size: Size;
  /** Samples along each side of a cell; as many as the cell has pixels, at least one, when 0. */
  readonly samplingRatio: number;
  /** Pixels of the map for one unit of the box; default 1. */
  readonly spatialScale?: number;
  readonly isAligned?: boolean;
}

/** What lies inside `box`, [channels, size.height, size.width]. */
export function roiAlign(map: FeatureMap, box: Box, options: RoiAlignOptions): Float32Array {
  const { size, samplingRatio, spatialScale = 1, isAligned = true } = options;
  const place = (start: number, length: number, cells: number, limit: number) =>
    sampleAxis({
      start: start * spatialScale - (isAligned ? 0.5 : 0),
      length: isAligned ? length * spatialScale : Math.max(1, length * spatialScale),
      cells,
      samplingRatio,
      limit,
    });
  const across = place(box.x, box.width, size.width, map.width);
  const down = place(box.y, box.height, size.height, map.height);
  const samples = Math.max(1, across.perCell * down.perCell);
  const result = new Float32Array(map.channels * size.width * size.height);
  for (let channel = 0, to = 0; channel < map.channels; channel++) {
    const base = channel * map.width * map.height;
    for (let row = 0; row < size.height; row++) {
      for (let column = 0; column < size.width; column++, to++) {
        result[to] = sumOfCell(map, base, across, column, down, row) / samples;
      }
    }
  }
  return result;
}

/** Where the samples along one side lie: between pixels `low` and `high`, `weights` being the share of `high`. */
interface AxisSamples {
  readonly perCell: number;
  readonly low: Int32Array;
  readonly high: Int32Array;
  /** NaN for samples outside of the map. */
  readonly weights: Float64Array;
}

function sampleAxis(axis: {
  readonly start: number;
  readonly length: number;
  readonly cells: number;
  readonly samplingRatio: number;
  readonly limit: number;
}): AxisSamples {
  const { start, length, cells, samplingRatio, limit } = axis;
  const cellLength = length / cells;
  const perCell = Math.max(0, samplingRatio > 0 ? samplingRatio : Math.ceil(cellLength));
  const low = new Int32Array(cells * perCell);
  const high = new Int32Array(cells * perCell);
  const weights = new Float64Array(cells * perCell);
  for (let i = 0; i < low.length; i++) {
    const cell = Math.floor(i / perCell);
    const position = start + cell * cellLength + ((i - cell * perCell + 0.5) * cellLength) / perCell;
    const inside = Math.min(Math.max(position, 0), limit - 1);
    low[i] = Math.floor(inside);
    high[i] = Math.min(low[i]! + 1, limit - 1);
    weights[i] = position < -1 || position > limit ? Number.NaN : inside - low[i]!;
  }
  return { perCell, low, high, weights };
}

function sumOfCell(
  { data, width }: FeatureMap,
  base: number,
  across: AxisSamples,
  column: number,
  down: AxisSamples,
  row: number,
): number {
  let sum = 0;
  for (let j = row * down.perCell; j < (row + 1) * down.perCell; j++) {
    const dy = down.weights[j]!;
    const upper = base + down.low[j]! * width;
    const lower = base + down.high[j]! * width;
    for (let i = column * across.perCell; i < (column + 1) * across.perCell; i++) {
      const dx = across.weights[i]!;
      if (Number.isNaN(dx) || Number.isNaN(dy)) continue;
      const left = across.low[i]!;
      const right = across.high[i]!;
      sum +=
        (data[upper + left]! * (1 - dx) + data[upper + right]! * dx) * (1 - dy) +
        (data[lower + left]! * (1 - dx) + data[lower + right]! * dx) * dy;
    }
  }
  return sum;
}
