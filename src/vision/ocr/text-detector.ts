import type { RasterImage } from "../../core/raster-image.ts";
import { resizeWithoutAntialias } from "../../image/resize.ts";
import { toPixelValues } from "../../image/tensor.ts";
import type { TextDetectionSettings } from "../../onnx/model-settings.ts";
import type { InferenceSession } from "../../onnx/session.ts";
import { runSingle } from "../run-single.ts";
import { computeDetectionSize } from "./detection-size.ts";
import { findTextBoxes, type TextBox } from "./text-boxes.ts";

/** Finds where text is. */
export interface TextDetector {
  /** Boxes in pixels of the image, topmost first. */
  detect(image: RasterImage): Promise<TextBox[]>;
}

/** A detector of the DB family: probability map, regions, grown rectangles. */
export function createTextDetector(model: {
  readonly session: InferenceSession;
  readonly settings: TextDetectionSettings;
}): TextDetector {
  const { session, settings } = model;
  return {
    async detect(image) {
      const size = computeDetectionSize(image, settings);
      const pixelValues = toPixelValues(resizeWithoutAntialias(image, size), settings.pixels);
      const map = await runSingle(session, {
        type: "float32",
        data: pixelValues,
        dims: [1, 3, size.height, size.width],
      });
      return findTextBoxes({ data: map.data, ...size }, image, {
        ...settings,
        dilate: false,
        scoreOver: "rectangle",
      });
    },
  };
}
