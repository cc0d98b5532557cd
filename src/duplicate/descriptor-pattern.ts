/**
 * Which points of a patch are compared to describe it, chosen so that turning, mirroring or inverting a picture only
 * rearranges the bits of its descriptors.
 *
 * BRIEF (Calonder, Lepetit, Strecha, Fua, "BRIEF: Binary Robust Independent Elementary Features", 2010) compares the
 * brightness of 256 random pairs of points. Here 32 random pairs come with their images under the eight symmetries of the
 * square: a byte holds one pair in all orientations, so a turned patch has the same bytes with their bits permuted, and
 * an inverted one the complement. Copies are hardly ever turned by other angles, so descriptors are upright otherwise:
 * estimating an orientation costs more matches than it gains (BRIEF stands up to 10–15°).
 */
import { createRandom } from "../math/random.ts";

/** Bytes of a descriptor. */
export const DESCRIPTOR_BYTES = 32;

/** No point that is compared is further from the feature than this in x or y, pixels of its level. */
export const PATCH_RADIUS = 14;

/** Standard deviation of the points, pixels: a fifth of the patch, as in the paper. */
const SPREAD = 6;

/** Any fixed number; another one makes all stored descriptors worthless. */
const SEED = 20_261_120;

/** A symmetry of the square as a matrix by rows: x′ = a·x + b·y, y′ = c·x + d·y, y pointing down. */
export type SquareSymmetry = readonly [a: number, b: number, c: number, d: number];

/** The eight symmetries of the square, the first of which changes nothing. Each is undone by its transpose. */
export const SQUARE_SYMMETRIES: readonly SquareSymmetry[] = [
  [1, 0, 0, 1],
  [0, 1, -1, 0],
  [-1, 0, 0, -1],
  [0, -1, 1, 0],
  [1, 0, 0, -1],
  [-1, 0, 0, 1],
  [0, 1, 1, 0],
  [0, -1, -1, 0],
];

/** The pairs to be compared: x and y of the one, then of the other point, for each bit. [256 · 4] */
export const PATTERN: Int8Array = createPattern();

function createPattern(): Int8Array {
  const random = createRandom(SEED);
  const draw = () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(-PATCH_RADIUS, Math.min(PATCH_RADIUS, Math.round(normal * SPREAD)));
  };
  const pattern: number[] = [];
  for (let pair = 0; pair < DESCRIPTOR_BYTES; pair++) {
    const [x1, y1, x2, y2] = [draw(), draw(), draw(), draw()];
    for (const [a, b, c, d] of SQUARE_SYMMETRIES) {
      pattern.push(a * x1 + b * y1, c * x1 + d * y1, a * x2 + b * y2, c * x2 + d * y2);
    }
  }
  return Int8Array.from(pattern);
}

/** For each symmetry what becomes of each byte when the picture is transformed by it. [8][256] */
const BYTE_PERMUTATIONS: readonly Uint8Array[] = SQUARE_SYMMETRIES.map((symmetry) => {
  const sources = SQUARE_SYMMETRIES.map((bit) => indexOf(multiply(transpose(symmetry), bit)));
  return Uint8Array.from({ length: 256 }, (_, byte) =>
    sources.reduce((permuted, source, bit) => permuted | (((byte >> source) & 1) << bit), 0),
  );
});

/** The descriptors that the features have in the picture transformed by the symmetry of this index, or also inverted. */
export function turnDescriptors(descriptors: Uint8Array, symmetry: number, isInverted: boolean): Uint8Array {
  const permutation = BYTE_PERMUTATIONS[symmetry]!;
  const flip = isInverted ? 0xff : 0;
  const turned = new Uint8Array(descriptors.length);
  for (let i = 0; i < turned.length; i++) turned[i] = permutation[descriptors[i]!]! ^ flip;
  return turned;
}

function multiply([a, b, c, d]: SquareSymmetry, [e, f, g, h]: SquareSymmetry): SquareSymmetry {
  return [a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h];
}

function transpose([a, b, c, d]: SquareSymmetry): SquareSymmetry {
  return [a, c, b, d];
}

function indexOf(wanted: SquareSymmetry): number {
  return SQUARE_SYMMETRIES.findIndex((symmetry) => symmetry.every((value, i) => value === wanted[i]));
}
