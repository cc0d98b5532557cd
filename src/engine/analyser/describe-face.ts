import { KeepsightError } from "../../core/errors.ts";
import { decodeImage } from "../../image/decode.ts";
import type { DrawnFaceRunner } from "../../vision/load-runners.ts";
import { DETAIL_SIDE } from "../../vision/photo-pixels.ts";
import type { AnalyserSettings, DescribedFace, DescribeFaceRequest } from "./analyser-protocol.ts";

/**
 * The face in a box of a photo that the detector missed. Throws `model_missing` where no face detector is installed,
 * `bad_request` for a box that is empty or outside the photo, and what decoding the photo throws.
 */
export async function describeFace(
  { path, normalizedBox }: DescribeFaceRequest,
  { settings, faces }: { settings: Pick<AnalyserSettings, "limits">; faces: DrawnFaceRunner | undefined },
): Promise<DescribedFace> {
  if (faces === undefined) {
    throw new KeepsightError(
      "model_missing",
      "No model for finding faces is installed; `keepsight models list` shows what can be added.",
    );
  }
  const { x, y, width, height } = normalizedBox;
  // Negated so that NaN is refused too.
  if (!(width > 0 && height > 0 && x < 1 && y < 1 && x + width > 0 && y + height > 0)) {
    throw new KeepsightError(
      "bad_request",
      `A face's box must lie in the photo (fractions from 0 to 1) and have a size, not ${width} × ${height} at ${x}, ${y}.`,
    );
  }
  const { image } = await decodeImage(path, { maxSide: DETAIL_SIDE, limits: settings.limits });
  const { modelId, embeddingModelId } = faces;
  const face = await faces.describe(image, normalizedBox);
  return { modelId, ...(embeddingModelId !== undefined && { embeddingModelId }), face };
}
