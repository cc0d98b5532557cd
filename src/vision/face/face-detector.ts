import { KeepsightError } from "../../core/errors.ts";
import type { Size } from "../../core/geometry.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import {
  fromLetterboxedBox,
  fromLetterboxedPoint,
  letterbox,
  type LetterboxTransform,
} from "../../image/letterbox.ts";
import { toPixelValues } from "../../image/tensor.ts";
import { nonMaximumSuppression } from "../../math/non-maximum-suppression.ts";
import type { FaceDetectionSettings } from "../../onnx/model-settings.ts";
import { lendFloats } from "../../onnx/lend-floats.ts";
import type { InferenceSession, Tensor } from "../../onnx/session.ts";
import { decodeScrfd } from "./decode-scrfd.ts";
import { decodeSsd } from "./decode-ssd.ts";
import { decodeYunet } from "./decode-yunet.ts";
import type { FaceLandmarker } from "./face-landmarker.ts";
import { type FaceDetection, groupByFeatureLevel } from "./feature-levels.ts";

/** How one picture is looked at, where not as the settings say. */
export interface LookOptions {
  /** Faces need this score, 0–1. */
  readonly scoreThreshold?: number;
  /** Looks at the picture as large as it is, where it is no larger than `inputSize`, instead of enlarging it. */
  readonly atOwnSize?: boolean;
}

/** Finds the faces of a photo. */
export interface FaceDetector {
  readonly settings: FaceDetectionSettings;
  /** Faces in pixels of the image, best first. */
  detect(image: RasterImage, options?: LookOptions): Promise<FaceDetection[]>;
}

/** A face of which only the box may be known. */
type FoundFace = Omit<FaceDetection, "landmarks"> & Partial<Pick<FaceDetection, "landmarks">>;

/**
 * A detector for any model that `settings` describe; heads without landmarks need a landmarker. `detect` throws
 * `model_invalid` when the outputs are not those of the head, or when a landmarker is needed and missing.
 */
export function createFaceDetector(options: {
  session: InferenceSession;
  settings: FaceDetectionSettings;
  landmarker?: FaceLandmarker | undefined;
}): FaceDetector {
  const { session, settings, landmarker } = options;
  const inputName = session.inputNames[0] ?? "";
  const declaredShape = session.inputShapes?.[inputName];
  return {
    settings,
    async detect(image, { scoreThreshold = settings.scoreThreshold, atOwnSize = false } = {}) {
      const look = { ...settings, scoreThreshold, ...(atOwnSize && { maxEnlargement: 1 }) };
      const smallestShare = atOwnSize ? 0 : SMALLEST_FRAME_SHARE;
      const frame = chooseFrame(image, settings.inputSize, declaredShape, smallestShare);
      const faces = await lendFloats(3 * frame.width * frame.height, async (floats) => {
        const { tensor, transform } = preprocess(image, frame, look, floats);
        const outputs = await session.run({ [inputName]: tensor });
        return postprocess(Object.values(outputs), { frame, transform, settings: look });
      });
      const complete: FaceDetection[] = [];
      for (const face of faces) complete.push(await withLandmarks(face, image, landmarker));
      return complete;
    },
  };
}

async function withLandmarks(
  { landmarks, ...face }: FoundFace,
  image: RasterImage,
  landmarker: FaceLandmarker | undefined,
): Promise<FaceDetection> {
  if (landmarks !== undefined) return { ...face, landmarks };
  if (landmarker !== undefined) return { ...face, landmarks: await landmarker.locate(image, face.box) };
  throw new KeepsightError(
    "model_invalid",
    `The face detector gives boxes alone: its description needs "landmarks" and a file with that role.`,
  );
}

/** Sides of the input must be multiples of the coarsest stride, pixels. */
const FRAME_STEP = 32;

/**
 * Share of `inputSize` to which small photos are enlarged. Verification of 100 portraits of 250 pixels with SCRFD-2.5g:
 * AUC .99996 at half of 640, .99995 at their own size, .99993 at 480 (November 2026); 320 has a quarter of the pixels of 640.
 */
const SMALLEST_FRAME_SHARE = 0.5;

/**
 * The size of the model's input for an image. A model with free axes gets no more than the photo needs: the longer side
 * at `inputSize`, less for small photos, the other side in proportion; a 4:3 photo so costs a quarter less than a
 * square. `declaredShape` is [N, 3, height, width] with −1 for free axes; without it the input is square. Photos below
 * `smallestShare` of `inputSize` are enlarged to it.
 */
export function chooseFrame(
  image: Size,
  inputSize: number,
  declaredShape?: readonly number[],
  smallestShare = SMALLEST_FRAME_SHARE,
): Size {
  const [, , height = inputSize, width = inputSize] = declaredShape ?? [];
  if (height > 0 && width > 0) return { width, height };
  const longer = Math.max(image.width, image.height);
  const target = Math.min(inputSize, Math.max(inputSize * smallestShare, longer));
  const scale = target / longer;
  return { width: roundUpToStep(image.width * scale), height: roundUpToStep(image.height * scale) };
}

function roundUpToStep(length: number): number {
  return Math.ceil(length / FRAME_STEP) * FRAME_STEP;
}

/** The letterboxed input [1, 3, height, width] of the model, in `floats` where given, and where the photo lies in it. */
export function preprocess(
  image: RasterImage,
  frame: Size,
  settings: FaceDetectionSettings,
  floats?: Float32Array,
): { tensor: Tensor; transform: LetterboxTransform } {
  const { image: framed, ...transform } = letterbox(image, frame, {
    anchor: "top-left",
    padValue: 0,
    maxEnlargement: settings.maxEnlargement,
  });
  const data = toPixelValues(framed, settings.pixels, floats);
  return { tensor: { type: "float32", data, dims: [1, 3, frame.height, frame.width] }, transform };
}

/** The faces in the outputs of a model: decoded, thinned out, brought back into the photo. */
export function postprocess(
  outputs: readonly Tensor[],
  context: { frame: Size; transform: LetterboxTransform; settings: FaceDetectionSettings },
): FoundFace[] {
  const { frame, transform, settings } = context;
  const candidates = decodeHead(outputs, frame, settings);
  return nonMaximumSuppression(candidates, settings.iouThreshold).map(({ box, landmarks, score }) => ({
    box: fromLetterboxedBox(box, transform),
    ...(landmarks && { landmarks: landmarks.map((point) => fromLetterboxedPoint(point, transform)) }),
    score,
  }));
}

function decodeHead(
  outputs: readonly Tensor[],
  frame: Size,
  { head, scoreThreshold }: FaceDetectionSettings,
): FoundFace[] {
  if (head === "ssd") return decodeSsd(outputs, frame, scoreThreshold);
  const decode = head === "scrfd" ? decodeScrfd : decodeYunet;
  return decode(groupByFeatureLevel(outputs, frame), scoreThreshold);
}
