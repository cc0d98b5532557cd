import type { Point } from "../../core/geometry.ts";
import type { FacePose } from "../../core/photo-analysis.ts";

/**
 * Which way a face looks, from five landmarks of a mean face in weak perspective: the tip of the nose stands out of the
 * plane of eyes and mouth, so turning the head moves it between them.
 *
 * - roll is the angle of the line between the eyes;
 * - yaw = atan(a / depth), a the distance of the nose from the line between the middles of eyes and mouth;
 * - pitch = atan((level − l) · height / depth), l the place of the nose on the way from eyes (0) to mouth (1);
 *
 * where depth and height are in distances between the eyes, which yaw shortens as it shortens the depth.
 *
 * Limits: people's noses differ, so yaw is right to about 10° and pitch to about 15° up to ±45°; beyond 60° detectors
 * guess the hidden eye and the angle means only "far to the side".
 */

/** How far the tip of the nose stands out, in distances between the eyes. */
const NOSE_DEPTH = 0.41;
/** Distance between the middles of eyes and mouth, in distances between the eyes, of the mean face of the alignment. */
const FACE_HEIGHT = 1.155;
/** Place of the nose between eyes (0) and mouth (1) of a face that looks straight ahead, of the same. */
const NOSE_LEVEL = 0.495;

/**
 * The pose of a face with these landmarks (left eye, right eye, nose, left and right corner of the mouth, pixels or any
 * other unit that is the same across and down). Undefined where eyes or mouth coincide, or lie on one line.
 */
export function estimatePose(landmarks: readonly Point[]): FacePose | undefined {
  const [leftEye, rightEye, nose, leftMouth, rightMouth] = landmarks;
  if (!leftEye || !rightEye || !nose || !leftMouth || !rightMouth) return undefined;
  const roll = Math.atan2(rightEye.y - leftEye.y, rightEye.x - leftEye.x);
  const eyeDistance = Math.hypot(rightEye.x - leftEye.x, rightEye.y - leftEye.y);
  const eyes = turn(middle(leftEye, rightEye), -roll);
  const mouth = turn(middle(leftMouth, rightMouth), -roll);
  const tip = turn(nose, -roll);
  const height = mouth.y - eyes.y;
  if (eyeDistance === 0 || height <= 0) return undefined;
  const level = (tip.y - eyes.y) / height;
  const aside = tip.x - (eyes.x + (mouth.x - eyes.x) * level);
  return {
    yawDegrees: toDegrees(Math.atan(aside / (NOSE_DEPTH * eyeDistance))),
    pitchDegrees: toDegrees(Math.atan(((NOSE_LEVEL - level) * FACE_HEIGHT) / NOSE_DEPTH)),
    rollDegrees: toDegrees(roll),
  };
}

function middle(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

function turn({ x, y }: Point, angleRadians: number): Point {
  const cosine = Math.cos(angleRadians);
  const sine = Math.sin(angleRadians);
  return { x: x * cosine - y * sine, y: x * sine + y * cosine };
}

function toDegrees(angleRadians: number): number {
  return (angleRadians * 180) / Math.PI;
}
