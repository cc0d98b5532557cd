import { KeepsightError } from "../../core/errors.ts";
import type { Box, Point, Size } from "../../core/geometry.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { crop } from "../../image/crop.ts";
import { fromLetterboxedPoint, letterbox } from "../../image/letterbox.ts";
import { toPixelValues } from "../../image/tensor.ts";
import type { FaceLandmarkSettings } from "../../onnx/model-settings.ts";
import type { InferenceSession } from "../../onnx/session.ts";
import { runSingle } from "../run-single.ts";

/**
 * Landmarks by a net of their own, for detectors that give boxes alone: the face is cut out, centred in the net's square
 * input on black, and the 68 points of iBUG 300-W (Sagonas et al. 2013) are brought down to the five of our alignment.
 */

/** Finds the landmarks of one face. */
export interface FaceLandmarker {
  /** Five points in pixels of the image: left eye, right eye, nose, left and right corner of the mouth. */
  locate(image: RasterImage, face: Box): Promise<Point[]>;
}

const POINTS = 68;
/** Points round each eye, the tip of the nose and the corners of the mouth among the 68. */
const LEFT_EYE = [36, 42] as const;
const RIGHT_EYE = [42, 48] as const;
const NOSE_TIP = 30;
const MOUTH_CORNERS = [48, 54] as const;

/** A landmarker for a net that `settings` describe. `locate` throws `model_invalid` when it gives other than 68 points. */
export function createFaceLandmarker(options: {
  session: InferenceSession;
  settings: FaceLandmarkSettings;
}): FaceLandmarker {
  const { session, settings } = options;
  const side = settings.inputSize;
  return {
    async locate(image, face) {
      const area = toWholePixels(face, image);
      const frame = letterbox(
        crop(image, area),
        { width: side, height: side },
        { anchor: "center", padValue: 0 },
      );
      const data = toPixelValues(frame.image, settings.pixels);
      const output = await runSingle(session, { type: "float32", data, dims: [1, 3, side, side] });
      return reduceLandmarks(output.data).map(({ x, y }) => {
        const point = fromLetterboxedPoint({ x: x * side, y: y * side }, frame);
        return { x: point.x + area.x, y: point.y + area.y };
      });
    },
  };
}

/** The face without fractions of pixels and without what lies outside the image, as the net's own library cuts it out. */
function toWholePixels({ x, y, width, height }: Box, image: Size): Box {
  const left = Math.min(image.width - 1, Math.max(0, Math.floor(x)));
  const top = Math.min(image.height - 1, Math.max(0, Math.floor(y)));
  return {
    x: left,
    y: top,
    width: Math.max(1, Math.floor(Math.min(x + width, image.width) - left)),
    height: Math.max(1, Math.floor(Math.min(y + height, image.height) - top)),
  };
}

/** Five points of the 68 given as x and y in turn. Throws `model_invalid` when there are not 68. */
export function reduceLandmarks(coordinates: Float32Array): Point[] {
  if (coordinates.length !== 2 * POINTS) {
    throw new KeepsightError(
      "model_invalid",
      `The landmark model gave ${coordinates.length} numbers where ${POINTS} points are expected.`,
    );
  }
  const points = Array.from({ length: POINTS }, (_, i) => ({
    x: coordinates[2 * i]!,
    y: coordinates[2 * i + 1]!,
  }));
  const [leftCorner, rightCorner] = MOUTH_CORNERS;
  return [
    centreOf(points.slice(...LEFT_EYE)),
    centreOf(points.slice(...RIGHT_EYE)),
    points[NOSE_TIP]!,
    points[leftCorner]!,
    points[rightCorner]!,
  ];
}

function centreOf(points: readonly Point[]): Point {
  const sum = points.reduce((total, { x, y }) => ({ x: total.x + x, y: total.y + y }), { x: 0, y: 0 });
  return { x: sum.x / points.length, y: sum.y / points.length };
}
