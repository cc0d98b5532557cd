import type { Box } from "../../core/geometry.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { letterbox } from "../../image/letterbox.ts";
import { resizeForDetection } from "../../image/resize.ts";
import type { ObjectDetectionSettings } from "../../onnx/model-settings.ts";

/** From pixels of the photo to pixels of the model's input: input = photo · scale + offset. */
export interface FrameTransform {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly offsetX: number;
  readonly offsetY: number;
}

/** The photo in the square a model looks at, letterboxed or stretched as its settings say, and where it lies there. */
export function placePhoto(
  photo: RasterImage,
  settings: Pick<ObjectDetectionSettings, "inputSize" | "letterbox" | "padValue">,
): { readonly frame: RasterImage; readonly transform: FrameTransform } {
  const size = { width: settings.inputSize, height: settings.inputSize };
  if (settings.letterbox === undefined) {
    const scaleX = size.width / photo.width;
    const scaleY = size.height / photo.height;
    return {
      frame: resizeForDetection(photo, size),
      transform: { scaleX, scaleY, offsetX: 0, offsetY: 0 },
    };
  }
  const { image, scale, offsetX, offsetY } = letterbox(photo, size, {
    anchor: settings.letterbox,
    padValue: settings.padValue,
  });
  return { frame: image, transform: { scaleX: scale, scaleY: scale, offsetX, offsetY } };
}

/** A box of the model's input in pixels of the photo; it may reach outside of it. */
export function toPhotoBox(box: Box, { scaleX, scaleY, offsetX, offsetY }: FrameTransform): Box {
  return {
    x: (box.x - offsetX) / scaleX,
    y: (box.y - offsetY) / scaleY,
    width: box.width / scaleX,
    height: box.height / scaleY,
  };
}
