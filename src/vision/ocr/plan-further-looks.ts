import type { Box, Size } from "../../core/geometry.ts";
import { LENGTH_BUDGET, lengthInHeights, type ReadBox, SURE_SCORE } from "./read-lines.ts";

/**
 * How many times as large as the first look the further ones are. Detectors are fickle at the limit of what they see, so
 * another size finds what the first missed, and joins what it broke apart.
 */
const FURTHER_SCALES = { closer: 1.5, closest: 2, further: 2 / 3 };
/** A closer look at less than this many times the first's scale would see what the first saw. */
const MIN_CLOSER = 1.2;
/** The most a closer look may take, pixels of the detector's input: about 300 ms of PP-OCRv6 tiny. */
const PIXEL_BUDGET = 3e6;
/** Small pictures are looked at again as a whole if it takes no more than this: text on curves falls into readable pieces. */
const WHOLE_BUDGET = 1e6;
/** Room around the lines, in parts of their height: detectors find text by its surroundings. */
const MARGIN = 2;
/** A page without a line that can be read is texture, and stays so from close up. */
const READABLE_SCORE = 0.75;

/** A part of a picture and the scale at which to look at it. */
export interface Look {
  /** Whole pixels. */
  readonly part: Box;
  readonly scale: number;
}

/**
 * The looks that may read more than the first: around the lines that it left unsure, or at the whole of a small picture.
 * None where all is read, or nothing can be read. `scale` is that of the first look.
 */
export function planFurtherLooks(picture: Size, boxes: readonly ReadBox[], scale: number): Look[] {
  if (!boxes.some(({ line }) => line.score >= READABLE_SCORE)) return [];
  const { width, height } = picture;
  const { closer, closest, further } = FURTHER_SCALES;
  if (width * height * (scale * closer) ** 2 <= WHOLE_BUDGET) {
    const whole = { x: 0, y: 0, width, height };
    return [closer, closest].map((times) => ({ part: whole, scale: scale * times }));
  }
  const unsure = boxes.filter(({ line }) => line.score < SURE_SCORE);
  if (unsure.length === 0) return [];
  // Small print all over the page: no look within the budget of pixels brings it nearer, and each would read all of it.
  const length = unsure.reduce((sum, { quad }) => sum + lengthInHeights(quad), 0);
  if (length > LENGTH_BUDGET) return [];
  const part = surroundings(unsure, picture);
  const affordable = Math.sqrt(PIXEL_BUDGET / (part.width * part.height));
  const near = Math.min(scale * closer, affordable);
  const looks = [{ part, scale: scale * further }];
  return near < scale * MIN_CLOSER ? looks : [{ part, scale: near }, ...looks];
}

/** The upright rectangle around all boxes with room around each, within the picture. */
function surroundings(boxes: readonly ReadBox[], { width, height }: Size): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { quad } of boxes) {
    const [x1, y1, x2, y2, x3, y3, x4, y4] = quad;
    const room = MARGIN * Math.min(Math.hypot(x2 - x1, y2 - y1), Math.hypot(x4 - x1, y4 - y1));
    left = Math.min(left, x1 - room, x4 - room);
    right = Math.max(right, x2 + room, x3 + room);
    top = Math.min(top, y1 - room, y2 - room);
    bottom = Math.max(bottom, y3 + room, y4 + room);
  }
  const [x, y] = [Math.max(0, Math.floor(left)), Math.max(0, Math.floor(top))];
  return {
    x,
    y,
    width: Math.min(width, Math.ceil(right)) - x,
    height: Math.min(height, Math.ceil(bottom)) - y,
  };
}
