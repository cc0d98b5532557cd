/**
 * Whether two pictures show the same pixels where one lies in the other: the correlation of brightness block by block.
 *
 * The means and the contrast of a block do not count, so that light, colour, compression and moderate blur leave a copy
 * what it is; a person who moved between two shots does not. Bars, borders and clipped highlights are left out: pixels
 * that are flat in one picture alone and all of one level. Cost: O(pixels of views of 128), 1–2 ms.
 */
import type { RasterImage } from "../core/raster-image.ts";
import { shrinkToFit } from "../image/resize.ts";
import { type AffineMatrix, transformPoint } from "../math/affine.ts";

/** Longer side of what both pictures show, about, pixels. */
const SIDE = 128;

/** Side of a block, pixels. */
const BLOCK = 8;

/** Standard deviation from which on a block shows something in both pictures, or surely does in one, levels of grey. */
const FAINT = 2;
const CLEAR = 10;

/** Correlation from which on a block shows the same. */
const SAME = 0.6;

/** Correlation below which clear blocks show something else. */
const OTHER = 0.25;

/** Pixels are flat where their neighbours differ by no more, and surely not flat from there on, levels of grey. */
const FLAT_RANGE = 3;
const STEEP_RANGE = 10;

/** Steps of brightness that are told apart when the tones of two pictures are compared. */
const TONES = 32;

/** Difference from the usual tone from which on something covers a spot, levels of grey. */
const OTHER_TONE = 32;

/** A fill's pixels differ from its level by no more, levels of grey. */
const FILL_RANGE = 5;

/** Share of the pixels that a fill has at least where the other picture is steep. */
const MIN_FILL = 0.005;

/** Pixels beside a fill, and at the border of a picture, that are left out: interpolation and compression blur edges. */
const MARGIN = 4;
const BORDER = 0.75;

/** Outside of the other picture. */
const NOWHERE = -1;

/** What the blocks of the first picture that lie in the second say. */
export interface PixelAgreement {
  /** Share (0–1) of the first picture that lies in the second. */
  readonly overlap: number;
  /** Share (0–1) of the overlap that a fill of one level hides in one picture. */
  readonly covered: number;
  /** Blocks that show something. */
  readonly compared: number;
  /** Share (0–1) of those that show the same. */
  readonly agreement: number;
  /** Share (0–1) of those that clearly show something else. */
  readonly contradiction: number;
}

/** Compares the pictures through `matrix`, which leads from fractions (0–1) of the first to fractions of the second. */
export function comparePixels(
  first: RasterImage,
  second: RasterImage,
  matrix: AffineMatrix,
  isInverted: boolean,
): PixelAgreement {
  // Both at the scale at which what they have in common is about as long as SIDE.
  const magnification = Math.abs(matrix[0] * matrix[4] - matrix[1] * matrix[3]);
  const view = toGrey(first, SIDE * Math.sqrt(Math.max(1, magnification)));
  const area = (view.width * view.height) / magnification;
  const longer = Math.max(second.width, second.height);
  const side = longer * Math.sqrt(area / (second.width * second.height));
  const other = projectOnto(view, toGrey(second, side), matrix);
  const hidden = findFills(view, other);
  const blocks = [];
  for (let top = 0; top + BLOCK <= view.height; top += BLOCK) {
    for (let left = 0; left + BLOCK <= view.width; left += BLOCK) {
      blocks.push(compareBlock(view, other, hidden, left, top));
    }
  }
  const sign = isInverted ? -1 : 1;
  const compared = blocks.filter((block) => block !== undefined);
  const share = (count: number) => count / Math.max(1, compared.length);
  const inside = count(other.data, (level) => level !== NOWHERE);
  return {
    overlap: inside / other.data.length,
    covered: count(hidden, (isHidden) => isHidden === 1) / Math.max(1, inside),
    compared: compared.length,
    agreement: share(compared.filter(({ correlation }) => sign * correlation >= SAME).length),
    contradiction: share(
      compared.filter(({ correlation, isClear }) => isClear && sign * correlation < OTHER).length,
    ),
  };
}

/** Brightness, row-major; {@link NOWHERE} outside. */
interface GreyView {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
}

function toGrey(image: RasterImage, side: number): GreyView {
  const { data, width, height } = shrinkToFit(image, Math.max(1, Math.round(side)));
  const grey = Float32Array.from(
    { length: width * height },
    (_, i) => 0.299 * data[3 * i]! + 0.587 * data[3 * i + 1]! + 0.114 * data[3 * i + 2]!,
  );
  return { data: grey, width, height };
}

/** What the other picture shows at each pixel of the view. */
function projectOnto({ width, height }: GreyView, other: GreyView, matrix: AffineMatrix): GreyView {
  const data = new Float32Array(width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const place = transformPoint(matrix, { x: (x + 0.5) / width, y: (y + 0.5) / height });
      data[at] = sample(other, place.x * other.width - 0.5, place.y * other.height - 0.5);
    }
  }
  return { data, width, height };
}

/** Bilinear; {@link NOWHERE} at the border and outside. */
function sample({ data, width, height }: GreyView, x: number, y: number): number {
  if (x < BORDER || y < BORDER || x > width - 1 - BORDER || y > height - 1 - BORDER) return NOWHERE;
  const left = Math.min(Math.max(Math.floor(x), 0), width - 1);
  const top = Math.min(Math.max(Math.floor(y), 0), height - 1);
  const right = Math.min(left + 1, width - 1);
  const bottom = Math.min(top + 1, height - 1);
  const along = Math.min(1, Math.max(0, x - left));
  const down = Math.min(1, Math.max(0, y - top));
  const upper = data[top * width + left]! * (1 - along) + data[top * width + right]! * along;
  const lower = data[bottom * width + left]! * (1 - along) + data[bottom * width + right]! * along;
  return upper * (1 - down) + lower * down;
}

/**
 * 1 for each pixel at or beside a fill: flat in one picture alone, or of a brightness that what the other shows there does
 * not have elsewhere, and all of one level.
 */
function findFills(first: GreyView, second: GreyView): Uint8Array {
  const hidden = new Uint8Array(first.data.length);
  const ranges = [measureRanges(first), measureRanges(second)] as const;
  hideFill(first, second, ranges[0], ranges[1], hidden);
  hideFill(second, first, ranges[1], ranges[0], hidden);
  return hidden;
}

function hideFill(
  { data, width, height }: GreyView,
  other: GreyView,
  own: Float32Array,
  others: Float32Array,
  hidden: Uint8Array,
) {
  const usual = findTones(data, other.data);
  const levels = new Uint32Array(256);
  for (let at = 0; at < data.length; at++) {
    if (own[at]! > FLAT_RANGE || others[at] === Infinity) continue;
    const isSteepThere = others[at]! >= STEEP_RANGE;
    const tone = usual[Math.round(other.data[at]!)]!;
    if (isSteepThere || Math.abs(data[at]! - tone) >= OTHER_TONE) levels[Math.round(data[at]!)]!++;
  }
  // A fill is of one level, give or take what compression does to it.
  const most = Math.max(...levels.map((count, level) => count + (levels[level + 1] ?? 0)));
  if (most < MIN_FILL * data.length) return;
  const fill = levels.findIndex((count, level) => count + (levels[level + 1] ?? 0) === most);
  for (let y = MARGIN; y < height - MARGIN; y++) {
    for (let x = MARGIN; x < width - MARGIN; x++) {
      const at = y * width + x;
      const isFill = own[at]! <= FLAT_RANGE && Math.abs(data[at]! - fill) <= FILL_RANGE;
      if (!isFill || others[at] === Infinity) continue;
      for (let row = at - MARGIN * width; row <= at + MARGIN * width; row += width) {
        hidden.fill(1, row - MARGIN, row + MARGIN + 1);
      }
    }
  }
}

/** The usual brightness of the first picture where the second has each of its levels: the median over all pixels. */
function findTones(data: Float32Array, other: Float32Array): Float32Array {
  const counts = new Uint32Array(TONES * TONES);
  for (let at = 0; at < data.length; at++) {
    if (other[at] === NOWHERE || data[at] === NOWHERE) continue;
    counts[toTone(other[at]!) * TONES + toTone(data[at]!)]!++;
  }
  const usual = new Float32Array(256);
  for (let level = 0; level < 256; level++) {
    const row = counts.subarray(toTone(level) * TONES, (toTone(level) + 1) * TONES);
    let left = row.reduce((sum, count) => sum + count, 0) / 2;
    const tone = row.findIndex((count) => (left -= count) <= 0);
    usual[level] = (Math.max(0, tone) + 0.5) * (256 / TONES);
  }
  return usual;
}

const toTone = (level: number) => Math.min(TONES - 1, Math.floor((level * TONES) / 256));

/** The largest difference of each pixel from those beside it; Infinity at the border and outside. */
function measureRanges({ data, width, height }: GreyView): Float32Array {
  const ranges = new Float32Array(data.length).fill(Infinity);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      const level = data[at]!;
      if (level === NOWHERE) continue;
      ranges[at] = Math.max(
        Math.abs(data[at - 1]! - level),
        Math.abs(data[at + 1]! - level),
        Math.abs(data[at - width]! - level),
        Math.abs(data[at + width]! - level),
      );
    }
  }
  return ranges;
}

/** The correlation in a block; undefined where less than half of it can be compared, or where it shows nothing. */
function compareBlock(first: GreyView, second: GreyView, hidden: Uint8Array, left: number, top: number) {
  let n = 0;
  let sumA = 0;
  let sumB = 0;
  let sumAa = 0;
  let sumBb = 0;
  let sumAb = 0;
  for (let y = top; y < top + BLOCK; y++) {
    for (let at = y * first.width + left; at < y * first.width + left + BLOCK; at++) {
      const a = first.data[at]!;
      const b = second.data[at]!;
      if (b === NOWHERE || hidden[at] === 1) continue;
      n++;
      sumA += a;
      sumB += b;
      sumAa += a * a;
      sumBb += b * b;
      sumAb += a * b;
    }
  }
  if (n < (BLOCK * BLOCK) / 2) return undefined;
  const deviationA = Math.sqrt(Math.max(0, sumAa / n - (sumA / n) ** 2));
  const deviationB = Math.sqrt(Math.max(0, sumBb / n - (sumB / n) ** 2));
  const isClear = Math.max(deviationA, deviationB) >= CLEAR;
  if (Math.min(deviationA, deviationB) < FAINT && !isClear) return undefined;
  const product = deviationA * deviationB;
  const correlation = product === 0 ? 0 : (sumAb / n - (sumA / n) * (sumB / n)) / product;
  return { correlation, isClear };
}

function count(values: Float32Array | Uint8Array, isCounted: (value: number) => boolean): number {
  let counted = 0;
  for (const value of values) if (isCounted(value)) counted++;
  return counted;
}
