import type { RasterImage } from "../../core/raster-image.ts";
import { encodeJpeg } from "../../image/encode.ts";
import { resize } from "../../image/resize.ts";
import { createRandom } from "../../math/random.ts";

/** 12 megapixels, as phones take them. */
export const SAMPLE_SIZE = { width: 4032, height: 3024 };

/** Quality at which phones store photos. */
const QUALITY = 90;

/** Cells of the coarse picture that is enlarged softly: sky, ground and things have about this size. */
const CELLS = { width: 16, height: 12 };

/** Noise of the sensor, levels in each direction: without it a file is a third as large and decodes faster. */
const GRAIN = 14;

/** Strokes of letters of a cell 5 wide and 7 high, so that no font is needed: x, y, width, height. */
const LETTERS: Readonly<Record<string, readonly (readonly [number, number, number, number])[]>> = {
  E: [
    [0, 0, 1, 7],
    [0, 0, 5, 1],
    [0, 3, 4, 1],
    [0, 6, 5, 1],
  ],
  H: [
    [0, 0, 1, 7],
    [4, 0, 1, 7],
    [0, 3, 5, 1],
  ],
  I: [[2, 0, 1, 7]],
  L: [
    [0, 0, 1, 7],
    [0, 6, 5, 1],
  ],
  T: [
    [0, 0, 5, 1],
    [2, 0, 1, 7],
  ],
};
const WORDS = ["THE HILL", "LITTLE", "HELLE"];

/** Pixels of a letter's unit. */
const UNIT = 14;

/**
 * A made-up photo of 12 megapixels with soft colours and grain, and three short words on plates where wanted, as JPEG: it
 * costs about what a photo without people costs. Another number gives another photo.
 */
export async function createSamplePhoto(
  number: number,
  { hasText }: { readonly hasText: boolean },
): Promise<Uint8Array> {
  const random = createRandom(number);
  const data = Uint8Array.from({ length: CELLS.width * CELLS.height * 3 }, () => 30 + random() * 195);
  const photo = resize({ ...CELLS, data }, SAMPLE_SIZE, "bicubic");
  addGrain(photo, random);
  for (const [i, word] of (hasText ? WORDS : []).entries())
    drawPlate(photo, word, 400 + i * 1100 + Math.round(random() * 150), 500 + i * 850);
  return encodeJpeg(photo, QUALITY);
}

/** The same noise in all three colours, from the bits of one random number a pixel. */
function addGrain({ data }: RasterImage, random: () => number): void {
  const noise = Int8Array.from({ length: 8191 }, () => (random() + random() - 1) * GRAIN);
  for (let i = 0, at = 0; i < data.length; i += 3, at++) {
    const grain = noise[at % noise.length]!;
    for (let channel = 0; channel < 3; channel++)
      data[i + channel] = Math.max(0, Math.min(255, data[i + channel]! + grain));
  }
}

/** Black capitals on white. */
function drawPlate(photo: RasterImage, word: string, left: number, top: number): void {
  const margin = 2 * UNIT;
  const width = word.length * 6 * UNIT + margin * 2;
  fill(photo, [left - margin, top - margin, width, 7 * UNIT + margin * 2], 245);
  for (const [i, letter] of word.split("").entries()) {
    for (const [x, y, strokeWidth, strokeHeight] of LETTERS[letter] ?? [])
      fill(photo, [left + (i * 6 + x) * UNIT, top + y * UNIT, strokeWidth * UNIT, strokeHeight * UNIT], 20);
  }
}

function fill(
  { data, width }: RasterImage,
  [left, top, boxWidth, boxHeight]: readonly [number, number, number, number],
  level: number,
): void {
  for (let y = top; y < top + boxHeight; y++)
    data.fill(level, (y * width + left) * 3, (y * width + left + boxWidth) * 3);
}
