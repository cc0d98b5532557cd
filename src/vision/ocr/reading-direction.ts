/**
 * Which way the lines of a photo run. Lines that lie are judged by one vote of the page on whether it stands on its head;
 * tall ones run downwards (columns, and pages turned to the right) or upwards (pages turned to the left), which the
 * recogniser tells by reading a few both ways.
 */
import type { Quad, Size } from "../../core/geometry.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { isTall, turnHalf } from "./line-crop.ts";
import type { LineRecognizer } from "./line-recognizer.ts";

/** The way in which a line is read in the photo. */
export type ReadingDirection = "right" | "down" | "left" | "up";

/** Quarters by which the photo is turned to the left so that lines of a direction are read to the right. */
const QUARTERS: Readonly<Record<ReadingDirection, 0 | 1 | 2 | 3>> = { right: 0, down: 1, left: 2, up: 3 };

/** Lines read both ways: the longest few tell. */
const MAX_PROBES = 4;
/** A line as sure as this stands upright. */
const UPRIGHT_SCORE = 0.95;

/** True where lines say more when they are turned by half. Costs nothing more than one reading when the first is sure. */
export async function readsBetterTurned(
  lines: readonly RasterImage[],
  recognizer: LineRecognizer,
): Promise<boolean> {
  const probes = lines.toSorted((a, b) => b.width / b.height - a.width / a.height).slice(0, MAX_PROBES);
  const upright = await recognizer.recognize(probes);
  if (upright.every(({ score }) => score >= UPRIGHT_SCORE)) return false;
  const turned = await recognizer.recognize(probes.map(turnHalf));
  return worthOf(turned) > worthOf(upright);
}

/** How much text is read how surely. */
function worthOf(lines: readonly { readonly text: string; readonly score: number }[]): number {
  return lines.reduce((sum, { text, score }) => sum + score ** 4 * text.length, 0);
}

/** The direction of the page as a whole: that of most of its text, weighed by the length of the lines. */
export function pageDirection(
  quads: readonly Quad[],
  turn: { readonly isUpsideDown: boolean; readonly isUpwards: boolean },
): ReadingDirection {
  const length = (list: readonly Quad[]): number =>
    list.reduce((sum, [x1, y1, , , x3, y3]) => sum + Math.hypot(x3 - x1, y3 - y1), 0);
  const tall = length(quads.filter(isTall));
  if (tall > length(quads) / 2) return turn.isUpwards ? "up" : "down";
  return turn.isUpsideDown ? "left" : "right";
}

/** The quad with its first corner where reading begins. */
export function startReadingAt(quad: Quad, direction: ReadingDirection): Quad {
  const first = QUARTERS[direction] * 2;
  return [...quad.slice(first), ...quad.slice(0, first)] as unknown as Quad;
}

/** The quad as it lies in the photo turned so that `direction` runs to the right; its first corner is top-left there. */
export function turnToReading(quad: Quad, direction: ReadingDirection, { width, height }: Size): Quad {
  const points = [0, 2, 4, 6].flatMap((i) => {
    const [x, y] = [quad[i]!, quad[i + 1]!];
    if (direction === "down") return [y, width - x];
    if (direction === "left") return [width - x, height - y];
    return direction === "up" ? [height - y, x] : [x, y];
  });
  return startReadingAt(points as unknown as Quad, direction);
}
