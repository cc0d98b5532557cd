import type { Box, Point, Size } from "../../../src/core/geometry.ts";

/** The frame that the keyboard starts with, fractions of the photo. */
export const START_FRAME: Box = { x: 0.4, y: 0.35, width: 0.2, height: 0.25 };

/** How far an arrow key moves or sizes a frame: a share of the photo's shorter side. */
const STEP = 0.02;

/** No face is drawn smaller than this, fractions of the photo. */
const SMALLEST = 0.01;

/** The frame with two opposite corners, fractions of the photo. */
export function frameBetween(a: Point, b: Point): Box {
  return {
    x: Math.min(a.x, b.x),
    y: Math.min(a.y, b.y),
    width: Math.abs(a.x - b.x),
    height: Math.abs(a.y - b.y),
  };
}

/** Whether a frame was drawn, and not just a click made. */
export function isLargeEnough({ width, height }: Box): boolean {
  return width >= SMALLEST && height >= SMALLEST;
}

/** The frame after an arrow key: moved, or with `isSizing` its far corner moved; always within the photo of that shape. */
export function moveFrame(
  frame: Box,
  key: string,
  { isSizing, shape }: { readonly isSizing: boolean; readonly shape: Size },
): Box {
  const side = Math.min(shape.width, shape.height);
  const dx = ((key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0) * STEP * side) / shape.width;
  const dy = ((key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0) * STEP * side) / shape.height;
  const between = (value: number, low: number, high: number) => Math.max(low, Math.min(high, value));
  if (isSizing) {
    return {
      ...frame,
      width: between(frame.width + dx, SMALLEST, 1 - frame.x),
      height: between(frame.height + dy, SMALLEST, 1 - frame.y),
    };
  }
  return {
    ...frame,
    x: between(frame.x + dx, 0, 1 - frame.width),
    y: between(frame.y + dy, 0, 1 - frame.height),
  };
}
