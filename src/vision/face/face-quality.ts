import type { Size } from "../../core/geometry.ts";

/** Area from which on a larger face is no better for recognition, square pixels (200 × 200). */
const FULL_QUALITY_AREA = 40_000;

/**
 * How well a face can be recognised, 0–1: half by its area, half by the confidence of the detector. `face` is its size in
 * pixels of the upright original. Detectors are not equally confident: SCRFD's typical .75 for a clear 63 × 63 face makes
 * .43, so a limit that fits one detector drops every such face of another.
 */
export function computeFaceQuality(face: Size, score: number): number {
  return 0.5 * Math.min(1, (face.width * face.height) / FULL_QUALITY_AREA) + 0.5 * score;
}
