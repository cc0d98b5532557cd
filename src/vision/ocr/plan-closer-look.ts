import type { Box, Size } from "../../core/geometry.ts";
import type { ReadBox } from "./merge-looks.ts";

/** How much larger the second look is than the first; twice as large reads as much for twice the time. */
const CLOSER = 1.5;
/** Below this it would see what the first saw. */
const MIN_CLOSER = 1.2;
/** The most a second look may take, pixels of the detector's input: about 300 ms of PP-OCRv6 tiny. */
const PIXEL_BUDGET = 3e6;
/** Small pictures are looked at again as a whole if it takes no more than this: text on curves falls into readable pieces. */
const WHOLE_BUDGET = 1e6;
/** Room around the lines, in parts of their height: detectors find text by its surroundings. */
const MARGIN = 2;
/** Lines above this score are taken as read. */
export const SURE_SCORE = 0.97;
/** A page without a line that can be read is texture, and stays so from close up. */
const READABLE_SCORE = 0.75;

/** A part of a picture and the scale at which to look at it. */
export interface CloserLook {
  /** Whole pixels. */
  readonly part: Box;
  readonly scale: number;
}

/**
 * The one place where a second look at a larger scale may read more: around the lines that the first look left unsure, or
 * the whole of a small picture. Undefined where all is read, nothing can be read, or the place is too large for the budget.
 * `scale` is that of the first look.
 */
export function planCloserLook(
  picture: Size,
  boxes: readonly ReadBox[],
  scale: number,
): CloserLook | undefined {
  if (!boxes.some(({ line }) => line.score >= READABLE_SCORE)) return undefined;
  const { width, height } = picture;
  const wholePixels = width * height * (scale * CLOSER) ** 2;
  if (wholePixels <= WHOLE_BUDGET) {
    return { part: { x: 0, y: 0, width, height }, scale: scale * CLOSER };
  }
  const unsure = boxes.filter(({ line }) => line.score < SURE_SCORE);
  if (unsure.length === 0) return undefined;
  const part = surroundings(unsure, picture);
  const affordable = Math.sqrt(PIXEL_BUDGET / (part.width * part.height));
  const closer = Math.min(scale * CLOSER, affordable);
  return closer < scale * MIN_CLOSER ? undefined : { part, scale: closer };
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
