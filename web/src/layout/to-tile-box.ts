import type { Box } from "../../../src/core/geometry.ts";

/** How a photo fills its tile (`object-fit`): cropped to fill it, or whole with room around it. Both are centred. */
export type TileFit = "cover" | "contain";

/**
 * A normalised box of a photo as fractions of the tile that shows the photo. Parts outside the tile are cut off;
 * undefined when nothing of it is inside.
 */
export function toTileBox(
  box: Box,
  photoAspectRatio: number,
  tileAspectRatio: number,
  fit: TileFit,
): Box | undefined {
  const limit = fit === "cover" ? Math.max : Math.min;
  const scaleX = limit(1, photoAspectRatio / tileAspectRatio);
  const scaleY = limit(1, tileAspectRatio / photoAspectRatio);
  const left = Math.max(0, (box.x - 0.5) * scaleX + 0.5);
  const top = Math.max(0, (box.y - 0.5) * scaleY + 0.5);
  const right = Math.min(1, (box.x + box.width - 0.5) * scaleX + 0.5);
  const bottom = Math.min(1, (box.y + box.height - 0.5) * scaleY + 0.5);
  if (right <= left || bottom <= top) return undefined;
  return { x: left, y: top, width: right - left, height: bottom - top };
}
