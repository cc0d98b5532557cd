/** A point; its space (pixels of the upright image, or 0–1) is stated where it is used. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** An axis-aligned rectangle: left, top, width, height. Pixels of the upright image unless the name says `normalized`. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The rectangle of something that has one beside other things, such as a row of a table. */
export function toBox({ x, y, width, height }: Box): Box {
  return { x, y, width, height };
}

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Four corners (top-left, top-right, bottom-right, bottom-left in reading direction), as the 8 numbers x1,y1,…,x4,y4. */
export type Quad = readonly [number, number, number, number, number, number, number, number];
