import type { RasterImage } from "../../core/raster-image.ts";
import { toPixelValues } from "../../image/tensor.ts";
import type { ClipSettings } from "../../onnx/model-settings.ts";
import type { InferenceSession, Tensor } from "../../onnx/session.ts";
import { namedOutput } from "../named-output.ts";
import { toSquare } from "../square-input.ts";
import { toEmbedding } from "./to-embedding.ts";
import { imageFeeds } from "./tower-inputs.ts";

/** Turns images into embeddings that can be compared with those of texts. */
export interface ImageEncoder {
  /** L2-normalised. */
  encode(image: RasterImage): Promise<Float32Array>;
}

/** The image tower of a CLIP model, alone or in one graph with the text tower. */
export function createImageEncoder(model: {
  readonly session: InferenceSession;
  readonly settings: ClipSettings;
}): ImageEncoder {
  const { session, settings } = model;
  return {
    async encode(image) {
      const outputs = await session.run(imageFeeds(session, preprocess(image, settings), settings));
      return toEmbedding(namedOutput(session, outputs, settings.imageOutput), settings.dimensions, "image");
    },
  };
}

/** The model's input [1, 3, inputSize, inputSize]: antialiased resize, centre crop, normalised channels. */
export function preprocess(image: RasterImage, settings: ClipSettings): Tensor {
  const side = settings.inputSize;
  const data = toPixelValues(toSquare(image, settings), settings.pixels);
  return { type: "float32", data, dims: [1, 3, side, side] };
}
