import type { Size } from "../../core/geometry.ts";
import type { DetectedObject } from "../../core/photo-analysis.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { toPixelValues } from "../../image/tensor.ts";
import { nonMaximumSuppression } from "../../math/non-maximum-suppression.ts";
import type { ObjectDetectionSettings } from "../../onnx/model-settings.ts";
import { lendFloats } from "../../onnx/lend-floats.ts";
import type { InferenceSession, Tensor } from "../../onnx/session.ts";
import { normalizeBox } from "../normalize-box.ts";
import { keepPresentClasses } from "./class-presence.ts";
import { decodeObjects, toFeeds } from "./decode-objects.ts";
import { type FrameTransform, placePhoto, toPhotoBox } from "./detection-frame.ts";
import type { DecodeOptions, ObjectCandidate } from "./object-candidate.ts";

/** Finds the objects of a photo. */
export interface ObjectDetector {
  /** Objects, best first; boxes in fractions of the image, cut off at its border. */
  detect(image: RasterImage): Promise<DetectedObject[]>;
}

/** Where the model leaves one box an object, none suppresses another. */
const NO_SUPPRESSION = Infinity;

/**
 * A detector for any model that `settings` describe. `classesPerCell` is "best" unless a benchmark wants "all".
 * `detect` throws `model_invalid` when the outputs are not those of the head.
 */
export function createObjectDetector(options: {
  session: InferenceSession;
  settings: ObjectDetectionSettings;
  classesPerCell?: DecodeOptions["classesPerCell"];
}): ObjectDetector {
  const { session, settings, classesPerCell = "best" } = options;
  const { head, inputSize, scoreThreshold, presence } = settings;
  const leastScore = Math.min(scoreThreshold, presence?.evidenceFrom ?? scoreThreshold);
  return {
    async detect(image) {
      return lendFloats(3 * inputSize ** 2, async (floats) => {
        const { tensor, transform } = preprocess(image, settings, floats);
        const outputs = await session.run(toFeeds(session, tensor, inputSize));
        const decoding = { inputSize, scoreThreshold: leastScore, classesPerCell };
        const candidates = decodeObjects(outputs, { head, session, options: decoding });
        const objects = postprocess(candidates, { transform, image, settings });
        return presence === undefined ? objects : keepPresentClasses(objects, presence, scoreThreshold);
      });
    },
  };
}

/** The input [1, 3, size, size] of the model, in `floats` where given, and where the photo lies in it. */
export function preprocess(
  image: RasterImage,
  settings: ObjectDetectionSettings,
  floats?: Float32Array,
): { tensor: Tensor; transform: FrameTransform } {
  const side = settings.inputSize;
  const { frame, transform } = placePhoto(image, settings);
  const data = toPixelValues(frame, settings.pixels, floats);
  return { tensor: { type: "float32", data, dims: [1, 3, side, side] }, transform };
}

/** The objects among a model's candidates: named, thinned out, brought back into the photo. */
export function postprocess(
  candidates: readonly ObjectCandidate[],
  context: { transform: FrameTransform; image: Size; settings: ObjectDetectionSettings },
): DetectedObject[] {
  const { transform, image, settings } = context;
  const { labels, iouThreshold = NO_SUPPRESSION, maxDetections } = settings;
  const named = candidates.filter(({ classIndex }) => labels[classIndex] !== "");
  return nonMaximumSuppression(named, iouThreshold, maxDetections).map((object) => ({
    label: labels[object.classIndex] ?? `class ${object.classIndex}`,
    score: object.score,
    normalizedBox: normalizeBox(toPhotoBox(object.box, transform), image),
  }));
}
