import type { Size } from "../../core/geometry.ts";

/** Text detectors halve their input five times, so sides are multiples of 2⁵. */
const SIDE_STEP = 32;

/** The multiple of 32 nearest to `side`, at least 32; a tie goes to the even multiple, as in the reference (Python). */
function toMultiple(side: number): number {
  const steps = Math.trunc(side) / SIDE_STEP;
  const lower = Math.floor(steps);
  const isTieToEven = steps - lower === 0.5 && lower % 2 === 0;
  return Math.max(SIDE_STEP, SIDE_STEP * (isTieToEven ? lower : Math.round(steps)));
}

/**
 * The size at which text is looked for: the shorter side raised to `minSide`, then the longer one lowered to `maxSide`,
 * each rounded to a multiple of 32 (which may exceed `maxSide` by up to 16). Pixels. After PaddleOCR's
 * `DetResizeForTest`, with both of its limits at once.
 */
export function computeDetectionSize(
  { width, height }: Size,
  limits: { readonly minSide: number; readonly maxSide: number },
): Size {
  const raised = Math.max(1, limits.minSide / Math.min(width, height));
  const scale = Math.min(raised, limits.maxSide / Math.max(width, height));
  return { width: toMultiple(width * scale), height: toMultiple(height * scale) };
}
