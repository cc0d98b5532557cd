/** Shapes of photos as the server sends them for whole libraries: one character each (`TimelineShapes` in the API). */

const STEPS = 210;
const FIRST_STEP = 70;
const FIRST_CODE = 35;
/** The backslash is no part of the alphabet. */
const LEFT_OUT = 92;

/** Aspect ratios by character code. */
const RATIOS = Float32Array.from({ length: 128 }, (_, code) => {
  const step = Math.max(0, code - FIRST_CODE - (code > LEFT_OUT ? 1 : 0)) + FIRST_STEP;
  return step / (STEPS - step);
});

/** Width divided by height of each photo, 0.5–2.4. */
export function decodeShapes(shapes: string): Float32Array {
  const ratios = new Float32Array(shapes.length);
  for (let i = 0; i < shapes.length; i++) ratios[i] = RATIOS[shapes.charCodeAt(i) & 127]!;
  return ratios;
}
