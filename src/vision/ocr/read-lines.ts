import type { Quad } from "../../core/geometry.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { halveTo } from "../../image/resize.ts";
import { cropLine, isTall, turnHalf } from "./line-crop.ts";
import type { LineRecognizer, RecognizedLine } from "./line-recognizer.ts";
import { believableScore } from "./plausibility.ts";

/**
 * Readings of an unsure line's tighter crop, as it is and widened. On the sample texts at 1920 px words read exactly rise
 * with PP-OCRv6 tiny from .669 to .689 by the first and .697 by both; further crops (wider, shorter, stretched contrast)
 * and the reading on which most crops agree gain nothing.
 */
const STRETCHES = [1, 1.3];
/** The tighter crop in parts of the line's height: less above and below, more at both ends. */
const TIGHTER = { along: 0.1, across: -0.1 };
const AS_FOUND = { along: 0, across: 0 };
/** By how much a further reading must be surer; at 0 PP-OCRv4 loses a word in a hundred. */
const SURER_GAIN = 0.02;
/** The same for the reliability of another recogniser's. */
const RELIABLE_GAIN = 0.05;

/**
 * The most that is read again from one crop, as the length of the lines in their heights: a page of small print has a
 * thousand and would take minutes of PP-OCRv4, a sign ten. On the sample texts nothing is lost by it.
 */
export const LENGTH_BUDGET = 400;

/**
 * The most that is read of a photo at all, measured alike: a page of a book has one to two thousand, which PP-OCRv4 reads in
 * 9 to 18 seconds, a page of a newspaper ten thousand.
 */
const READING_BUDGET = 3000;

/** Lines this high, pixels, have four times what recognisers read (48) and more, and straightening them would cost most of all. */
const LARGE_LINE = 192;

/** Lines above this score are taken as read. */
export const SURE_SCORE = 0.97;
/** How the lines of a page lie. */
export interface PageTurn {
  /** Lying lines stand on their heads. */
  readonly isUpsideDown: boolean;
  /** Tall lines run upwards instead of downwards. */
  readonly isUpwards: boolean;
}

/** Gives the straightened crop of a line of one photo. */
export type LineCropper = (quad: Quad) => RasterImage;

/**
 * A cropper that makes each crop once: lines are judged, read and read again from the same pixels. Letters that are large are
 * cropped from a smaller view.
 */
export function createLineCropper(image: RasterImage): LineCropper {
  const crops = new Map<string, RasterImage>();
  const cropFrom = (view: RasterImage, quad: Quad): RasterImage => {
    if (heightOf(quad) < LARGE_LINE) return cropLine(view, quad);
    return cropFrom(
      halveTo(view, Math.max(view.width, view.height) - 1),
      quad.map(toHalf) as unknown as Quad,
    );
  };
  return (quad) => {
    const key = quad.join();
    const crop = crops.get(key) ?? cropFrom(image, quad);
    crops.set(key, crop);
    return crop;
  };
}

/** A coordinate in the view of half the size, where whole numbers are the middles of two by two pixels. */
function toHalf(value: number): number {
  return (value - 0.5) / 2;
}

/** A photo's lines and how they lie. */
export interface Page {
  readonly cropLine: LineCropper;
  readonly turn: PageTurn;
}

/** The crop of one line, its characters upright as far as the page's turn tells. */
function cropUpright(page: Page, quad: Quad): RasterImage {
  const line = page.cropLine(quad);
  return (isTall(quad) ? page.turn.isUpwards : page.turn.isUpsideDown) ? turnHalf(line) : line;
}

/** A box and what it says. */
export interface ReadBox {
  /** Pixels of the photo. */
  readonly quad: Quad;
  readonly line: RecognizedLine;
}

/** What each box says at first sight. A flat quad throws `bad_request`. */
export async function readBoxes(
  page: Page,
  quads: readonly Quad[],
  recognizer: LineRecognizer,
): Promise<ReadBox[]> {
  const lines = await recognizer.recognize(quads.map((quad) => cropUpright(page, quad)));
  return lines.map((line, i) => ({ line, quad: quads[i]! }));
}

/**
 * The boxes with their surest readings: those of which the first recogniser was unsure it reads again from other crops, and
 * what is unsure still is read by the others.
 */
export async function readUnsureAgain(
  page: Page,
  boxes: readonly ReadBox[],
  [first, ...others]: readonly [LineRecognizer, ...LineRecognizer[]],
): Promise<ReadBox[]> {
  const surest = [...boxes];

  async function readAgain(recognizer: LineRecognizer, by: typeof TIGHTER, stretch: number): Promise<void> {
    const isBetter = recognizer === first ? isSurer : isMoreReliable;
    // Where the first saw nothing, another crop will not help it.
    const candidates = surest.flatMap(({ line }, i) => {
      return isUnsure(line) && (line.text !== "" || recognizer !== first) ? [i] : [];
    });
    const unsure = withinBudget(candidates, surest);
    const crops = unsure.map((i) => cropUpright(page, stretchQuad(surest[i]!.quad, by)));
    const again = await recognizer.recognize(crops, stretch);
    for (const [k, i] of unsure.entries()) {
      const { quad, line } = surest[i]!;
      if (isBetter(again[k]!, line)) surest[i] = { quad, line: again[k]! };
    }
  }

  for (const stretch of STRETCHES) await readAgain(first, TIGHTER, stretch);
  for (const other of others) {
    await readAgain(other, AS_FOUND, 1);
    await readAgain(other, TIGHTER, 1);
  }
  return surest;
}

/** As many of the boxes as {@link LENGTH_BUDGET} allows, the shortest first. */
function withinBudget(indices: readonly number[], boxes: readonly ReadBox[]): number[] {
  let left = LENGTH_BUDGET;
  return indices
    .map((i) => ({ i, length: lengthInHeights(boxes[i]!.quad) }))
    .toSorted((a, b) => a.length - b.length)
    .filter(({ length }) => (left -= length) >= 0)
    .map(({ i }) => i);
}

/** The lines that a photo's reading may cost, in the order given; where there are more, those of the largest print. */
export function affordableLines(quads: readonly Quad[]): Quad[] {
  let left = READING_BUDGET;
  const chosen = new Set(
    quads
      .toSorted((a, b) => heightOf(b) - heightOf(a))
      .filter((quad) => (left -= lengthInHeights(quad)) >= 0),
  );
  return quads.filter((quad) => chosen.has(quad));
}

/** The length of a line's box in heights of the line. */
export function lengthInHeights(quad: Quad): number {
  return Math.max(...sidesOf(quad)) / Math.max(1, heightOf(quad));
}

function heightOf(quad: Quad): number {
  return Math.min(...sidesOf(quad));
}

function sidesOf([x1, y1, x2, y2, , , x4, y4]: Quad): [number, number] {
  return [Math.hypot(x2 - x1, y2 - y1), Math.hypot(x4 - x1, y4 - y1)];
}

/** Lines that are odd as text count as unsure however sure the recogniser is: another may know their script. */
function isUnsure(line: RecognizedLine): boolean {
  return believableScore(line) < SURE_SCORE;
}

/** True when another reading of the same recogniser is surer without being surer of much less text. */
function isSurer(again: RecognizedLine, first: RecognizedLine): boolean {
  const evidence = ({ text, score }: RecognizedLine): number => score ** 2 * text.length;
  return again.score > first.score + SURER_GAIN && evidence(again) > evidence(first);
}

/** The same of another recogniser, whose scores mean something else. */
function isMoreReliable(again: RecognizedLine, first: RecognizedLine): boolean {
  const evidence = ({ text, reliability }: RecognizedLine): number => Math.sqrt(reliability) * text.length;
  return again.reliability > first.reliability + RELIABLE_GAIN && evidence(again) > evidence(first);
}

/** The quad moved outwards (inwards where negative) along and across its line, in parts of the line's height. */
export function stretchQuad(quad: Quad, by: { readonly along: number; readonly across: number }): Quad {
  const [x1, y1, x2, y2, x3, y3, x4, y4] = quad;
  const width = Math.hypot(x2 - x1, y2 - y1);
  const height = Math.hypot(x4 - x1, y4 - y1);
  const lineHeight = Math.min(width, height);
  const [horizontal, vertical] = isTall(quad) ? [by.across, by.along] : [by.along, by.across];
  const right = (lineHeight * horizontal) / width;
  const down = (lineHeight * vertical) / height;
  const [rightX, rightY] = [(x2 - x1) * right, (y2 - y1) * right];
  const [downX, downY] = [(x4 - x1) * down, (y4 - y1) * down];
  return [
    x1 - rightX - downX,
    y1 - rightY - downY,
    x2 + rightX - downX,
    y2 + rightY - downY,
    x3 + rightX + downX,
    y3 + rightY + downY,
    x4 - rightX + downX,
    y4 - rightY + downY,
  ];
}
