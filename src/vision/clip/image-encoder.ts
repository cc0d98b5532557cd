import type { Size } from "../../core/geometry.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { crop } from "../../image/crop.ts";
import { resize } from "../../image/resize.ts";
import { toPixelValues } from "../../image/tensor.ts";
import type { ClipSettings } from "../../onnx/model-settings.ts";
import type { InferenceSession, Tensor } from "../../onnx/session.ts";
import { namedOutput } from "../named-output.ts";
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
  const frame = settings.fit === "squash" ? { width: side, height: side } : coveringSize(image, side);
  const resized = resize(image, frame, settings.resize);
  const square = crop(resized, {
    x: centerOffset(frame.width - side),
    y: centerOffset(frame.height - side),
    width: side,
    height: side,
  });
  return { type: "float32", data: toPixelValues(square, settings.pixels), dims: [1, 3, side, side] };
}

/** The size whose shorter side is `side`; the longer one is cut to whole pixels, as torchvision does. */
export function coveringSize({ width, height }: Size, side: number): Size {
  return width <= height
    ? { width: side, height: Math.trunc((side * height) / width) }
    : { width: Math.trunc((side * width) / height), height: side };
}

/** Half of the surplus; a half pixel goes to the even number, as Python rounds. */
export function centerOffset(surplus: number): number {
  const half = Math.floor(surplus / 2);
  return surplus % 2 === 0 || half % 2 === 0 ? half : half + 1;
}
