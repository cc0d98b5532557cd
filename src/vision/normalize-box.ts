import type { Box, Size } from "../core/geometry.ts";

/** A box of pixels as fractions (0–1) of the image, cut off at its border. */
export function normalizeBox(box: Box, image: Size): Box {
  const left = clampFraction(box.x / image.width);
  const top = clampFraction(box.y / image.height);
  const right = clampFraction((box.x + box.width) / image.width);
  const bottom = clampFraction((box.y + box.height) / image.height);
  return { x: left, y: top, width: right - left, height: bottom - top };
}

function clampFraction(value: number): number {
  return Math.min(1, Math.max(0, value));
}
