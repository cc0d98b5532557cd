import type { Point, Size } from "../../../src/core/geometry.ts";

/**
 * How a photo is shown: `scale` times its fitted size, its middle moved by `x`, `y` CSS pixels from the middle of the
 * stage.
 */
export interface ZoomView {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

/** The whole photo, in the middle. */
export const FITTED: ZoomView = { scale: 1, x: 0, y: 0 };

/** The largest size that keeps the photo's shape inside the stage, and no larger than `limit` times its own pixels. */
export function fitSize(photo: Size, stage: Size, limit = 2): Size {
  const scale = Math.min(stage.width / photo.width, stage.height / photo.height, limit);
  return { width: photo.width * scale, height: photo.height * scale };
}

/** The view scaled by `factor` around a point of the stage (pixels from its middle), which stays where it is. */
export function zoomAround(view: ZoomView, factor: number, point: Point, maxScale: number): ZoomView {
  const scale = Math.min(maxScale, Math.max(1, view.scale * factor));
  const ratio = scale / view.scale;
  return { scale, x: point.x - (point.x - view.x) * ratio, y: point.y - (point.y - view.y) * ratio };
}

/** The view moved back so that the photo covers the stage where it is larger, and stays in the middle where it is not. */
export function clampView(view: ZoomView, fitted: Size, stage: Size): ZoomView {
  const limitX = Math.max(0, (fitted.width * view.scale - stage.width) / 2);
  const limitY = Math.max(0, (fitted.height * view.scale - stage.height) / 2);
  return {
    scale: view.scale,
    x: clamp(view.x, limitX),
    y: clamp(view.y, limitY),
  };
}

function clamp(value: number, limit: number): number {
  return limit === 0 ? 0 : Math.min(limit, Math.max(-limit, value));
}
