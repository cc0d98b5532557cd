import { KeepsightError } from "../../core/errors.ts";
import { decodeImage } from "../../image/decode.ts";
import type { PartEncoderRunner } from "../../vision/load-runners.ts";
import { DETAIL_SIDE } from "../../vision/photo-pixels.ts";
import type { AnalyserSettings, EncodeImageRequest, TextEmbedding } from "./analyser-protocol.ts";

const WHOLE = { x: 0, y: 0, width: 1, height: 1 };

/**
 * The embedding of a picture, or of a part of it with a little of its surroundings, as objects of photos have it. Throws
 * `model_missing` where no text-image model is installed, `bad_request` for a box that is empty or outside the picture, and
 * what decoding it throws.
 */
export async function encodeImage(
  { path, normalizedBox = WHOLE }: EncodeImageRequest,
  { settings, parts }: { settings: Pick<AnalyserSettings, "limits">; parts: PartEncoderRunner | undefined },
): Promise<TextEmbedding> {
  if (parts === undefined)
    throw new KeepsightError(
      "model_missing",
      "No text-image model is installed; pictures cannot be compared.",
    );
  const { x, y, width, height } = normalizedBox;
  // Negated so that NaN is refused too.
  if (!(width > 0 && height > 0 && x < 1 && y < 1 && x + width > 0 && y + height > 0)) {
    throw new KeepsightError(
      "bad_request",
      `A box must lie in the picture (fractions from 0 to 1) and have a size, not ${width} × ${height} at ${x}, ${y}.`,
    );
  }
  const { image } = await decodeImage(path, { maxSide: DETAIL_SIDE, limits: settings.limits });
  const isWhole = normalizedBox === WHOLE;
  return {
    modelId: parts.modelId,
    embedding: await parts.encode(image, isWhole ? undefined : normalizedBox),
  };
}
