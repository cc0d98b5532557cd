import { KeepsightError } from "../../core/errors.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { toPixelValues } from "../../image/tensor.ts";
import { normalize } from "../../math/vector.ts";
import type { FaceRecognitionSettings } from "../../onnx/model-settings.ts";
import type { InferenceSession, Tensor } from "../../onnx/session.ts";
import { type FloatOutput, runSingle } from "../run-single.ts";
import type { FaceAlignment } from "./align-face.ts";

/** Turns aligned faces into embeddings. */
export interface FaceRecognizer {
  /** Side of the aligned crops it takes, pixels. */
  readonly inputSize: number;
  /** The mean face the crops are aligned to; ArcFace's when absent. */
  readonly alignment?: FaceAlignment | undefined;
  /** An L2-normalised embedding a crop, in order. Crops are `inputSize` pixels wide and high. */
  embed(crops: readonly RasterImage[]): Promise<Float32Array[]>;
}

/**
 * A recogniser for any model that `settings` describe. `embed` throws `model_invalid` when the model's embeddings have
 * other dimensions than the settings say.
 */
export function createFaceRecognizer(options: {
  session: InferenceSession;
  settings: FaceRecognitionSettings;
}): FaceRecognizer {
  const { session, settings } = options;
  return {
    inputSize: settings.inputSize,
    alignment: settings.alignment,
    async embed(crops) {
      const embeddings: Float32Array[] = [];
      // One by one: on a CPU batches gain less than an eighth, and many recognisers are exported for one face.
      for (const crop of crops) {
        const output = await runSingle(session, preprocess(crop, settings));
        embeddings.push(postprocess(output, settings));
      }
      return embeddings;
    },
  };
}

/** The model's input [1, 3, size, size]. */
export function preprocess(crop: RasterImage, settings: FaceRecognitionSettings): Tensor {
  return {
    type: "float32",
    data: toPixelValues(crop, settings.pixels),
    dims: [1, 3, crop.height, crop.width],
  };
}

/** The embedding in the output of a model, L2-normalised. */
export function postprocess({ data }: FloatOutput, settings: FaceRecognitionSettings): Float32Array {
  if (data.length === settings.dimensions) return normalize(data);
  throw new KeepsightError(
    "model_invalid",
    `The face recogniser gave ${data.length} numbers where its catalogue entry says ${settings.dimensions}.`,
  );
}
