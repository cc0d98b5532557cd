import type { Size } from "../../../src/core/geometry.ts";

/** Where a line of text lies: its top left corner, turned by `angleRadians` around it. CSS pixels. */
export interface TextPlace {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly angleRadians: number;
  readonly fontSize: number;
  /** Characters stand below one another, as in a column of Chinese or Japanese. */
  readonly isVertical: boolean;
}

/** Share of a line's box that letters fill. */
const FONT_SHARE = 0.82;

/** A line of several characters that is so many times as high as wide is a column. */
const COLUMN_FROM = 1.5;

/** The place of `text` with a quad (x1,y1,…,x4,y4 in fractions, first corner top left in reading direction) on a photo of `size`. */
export function placeTextLine(quad: readonly number[], text: string, size: Size): TextPlace {
  const [x1, y1, x2, y2, , , x4, y4] = quad.map(
    (value, index) => value * (index % 2 === 0 ? size.width : size.height),
  );
  const width = Math.hypot(x2! - x1!, y2! - y1!);
  const height = Math.hypot(x4! - x1!, y4! - y1!);
  const isVertical = text.length > 1 && height > width * COLUMN_FROM;
  return {
    isVertical,
    x: x1!,
    y: y1!,
    width,
    height,
    angleRadians: Math.atan2(y2! - y1!, x2! - x1!),
    fontSize: Math.max(1, (isVertical ? width : height) * FONT_SHARE),
  };
}
