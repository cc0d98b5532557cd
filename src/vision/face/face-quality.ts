/**
 * How well a face can be recognised: about the chance (0–1) that its embedding matches one of a clear photo of the same
 * person at a threshold that one pair of strangers in a thousand passes. So faces from 0.5 on are good enough to be grouped.
 *
 * The chance is a product, as each fault alone spoils a face. Its factors are logistic in the logarithm of what they
 * measure; halves and slopes are those of 100 portraits made smaller, blurred and darker by steps (SCRFD-2.5g, MobileFaceNet,
 * November 2026). Confidence and yaw are set by hand: they tell of hidden and turned faces, of which there were few.
 */

/** What quality is made of. */
export interface FaceMeasurements {
  /** Root of the face's area in the view that it was cut from, pixels. */
  readonly side: number;
  /** 0–1. */
  readonly sharpness: number;
  /** Standard deviation of the luma of the aligned face, levels. */
  readonly contrast: number;
  /** How sure the detector is: 0 at its threshold, 1 as of clear portraits. */
  readonly confidence: number;
  readonly yawDegrees: number;
}

/** Matched by half: 27 pixels (28: 57 %, 20: 9 %, 40: 91 % of pairs). */
const HALF_SIDE = 27;
const SIDE_SLOPE = 6.6;
/** Matched by half: 12 levels (10: 30 %, 15: 78 %). */
const HALF_CONTRAST = 12;
const CONTRAST_SLOPE = 6;
/** Matched by half: a blur by σ = 2.9 of a portrait of 112 pixels (σ = 2: 92 %, 3: 39 %, 4: 2 %). */
const HALF_SHARPNESS = 0.33;
const SHARPNESS_SLOPE = 13.4;
const HALF_CONFIDENCE = 0.3;
const CONFIDENCE_SLOPE = 10;
const HALF_YAW_DEGREES = 60;
const YAW_SLOPE = 0.12;

/** The quality of a face, 0–1. */
export function computeFaceQuality(face: FaceMeasurements): number {
  return (
    logistic(SIDE_SLOPE * Math.log(face.side / HALF_SIDE)) *
    logistic(CONTRAST_SLOPE * Math.log(face.contrast / HALF_CONTRAST)) *
    logistic(SHARPNESS_SLOPE * (face.sharpness - HALF_SHARPNESS)) *
    logistic(CONFIDENCE_SLOPE * (face.confidence - HALF_CONFIDENCE)) *
    logistic(YAW_SLOPE * (HALF_YAW_DEGREES - Math.abs(face.yawDegrees)))
  );
}

function logistic(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
