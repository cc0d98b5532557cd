import type { Size } from "../../core/geometry.ts";
import type { DetectedObject } from "../../core/photo-analysis.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { fromLetterboxedBox, letterbox, type LetterboxTransform } from "../../image/letterbox.ts";
import { toPixelValues } from "../../image/tensor.ts";
import { nonMaximumSuppression } from "../../math/non-maximum-suppression.ts";
import type { ObjectDetectionSettings } from "../../onnx/model-settings.ts";
import { lendFloats } from "../../onnx/lend-floats.ts";
import type { InferenceSession, Tensor } from "../../onnx/session.ts";
import { normalizeBox } from "../normalize-box.ts";
import { type FloatOutput, runSingle } from "../run-single.ts";
import { decodeCenternet } from "./decode-centernet.ts";
import { decodeYolov8, decodeYolox, type DecodeOptions } from "./decode-yolo.ts";

/** Finds the objects of a photo. */
export interface ObjectDetector {
  /** Objects, best first; boxes in fractions of the image, cut off at its border. */
  detect(image: RasterImage): Promise<DetectedObject[]>;
}

type ClassesPerCell = DecodeOptions["classesPerCell"];

const DECODERS = { yolox: decodeYolox, yolov8: decodeYolov8, centernet: decodeCenternet } as const;

/**
 * A detector for any model that `settings` describe. `classesPerCell` is "best" unless a benchmark wants "all".
 * `detect` throws `model_invalid` when the outputs are not those of the head.
 */
export function createObjectDetector(options: {
  session: InferenceSession;
  settings: ObjectDetectionSettings;
  classesPerCell?: ClassesPerCell;
}): ObjectDetector {
  const { session, settings, classesPerCell = "best" } = options;
  return {
    async detect(image) {
      return lendFloats(3 * settings.inputSize ** 2, async (floats) => {
        const { tensor, transform } = preprocess(image, settings, floats);
        const output = await runSingle(session, tensor);
        return postprocess(output, { transform, image, settings, classesPerCell });
      });
    },
  };
}

/** The letterboxed input [1, 3, size, size] of the model, in `floats` where given, and where the photo lies in it. */
export function preprocess(
  image: RasterImage,
  settings: ObjectDetectionSettings,
  floats?: Float32Array,
): { tensor: Tensor; transform: LetterboxTransform } {
  const side = settings.inputSize;
  const { image: frame, ...transform } = letterbox(
    image,
    { width: side, height: side },
    { anchor: settings.letterbox, padValue: settings.padValue },
  );
  const data = toPixelValues(frame, settings.pixels, floats);
  return { tensor: { type: "float32", data, dims: [1, 3, side, side] }, transform };
}

/** The objects in the output of a model: decoded, thinned out, brought back into the photo. */
export function postprocess(
  output: FloatOutput,
  context: {
    transform: LetterboxTransform;
    image: Size;
    settings: ObjectDetectionSettings;
    classesPerCell: ClassesPerCell;
  },
): DetectedObject[] {
  const { transform, image, settings, classesPerCell } = context;
  const candidates = DECODERS[settings.head](output, { ...settings, classesPerCell });
  return nonMaximumSuppression(candidates, settings.iouThreshold, settings.maxDetections).map((object) => ({
    label: settings.labels[object.classIndex] ?? `class ${object.classIndex}`,
    score: object.score,
    normalizedBox: normalizeBox(fromLetterboxedBox(object.box, transform), image),
  }));
}
