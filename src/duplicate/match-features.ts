/**
 * How one picture lies in another, by their local features: pairs of alike descriptors, then the similarity (shift, scale and
 * a small turn) that explains most of them.
 *
 * Every two pairs give a similarity (random sample consensus, Fischler and Bolles, 1981, of which all samples are drawn:
 * there are few), and the one with most inliers is estimated anew from them all (Umeyama). Cost: O(features² + pairs³).
 */
import type { Point } from "../core/geometry.ts";
import { type AffineMatrix, transformPoint } from "../math/affine.ts";
import { estimateSimilarity } from "../math/umeyama.ts";
import { DESCRIPTOR_BYTES } from "./descriptor-pattern.ts";
import { LEVEL_STEP, type LocalFeatures } from "./local-features.ts";

/** Bits of 256 in which descriptors of the same spot may differ. */
const MAX_BITS = 60;

/** Pairs that are looked at, at most: the most alike. */
const MAX_PAIRS = 64;

/** Distance within which a pair agrees with a similarity, pixels of the view, for features of level 0. */
const TOLERANCE = 4;

/** Turn between copies in the same orientation, at most: copies are straightened by less. */
const MAX_TURN_RADIANS = (12 * Math.PI) / 180;

/** Scale between copies, at most, either way: a screenshot halves a photo, a deep crop doubles it. */
const MAX_SCALE = 3.5;

/** How the features of one picture are found in another. */
export interface FeatureMatch {
  /** From the view of the first to the view of the second. */
  readonly matrix: AffineMatrix;
  /** Pairs that agree with it. */
  readonly inliers: number;
}

interface Pair {
  readonly from: Point;
  readonly to: Point;
  readonly tolerance: number;
  readonly scale: number;
  readonly bits: number;
}

/** The similarity that most pairs of features agree with; undefined where fewer than `minInliers` do, of 3 or more. */
export function matchFeatures(
  first: LocalFeatures,
  second: LocalFeatures,
  minInliers: number,
): FeatureMatch | undefined {
  const pairs = pairFeatures(first, second);
  if (pairs.length < minInliers) return undefined;
  let best: { readonly inliers: readonly Pair[] } | undefined;
  for (let i = 0; i < pairs.length; i++) {
    for (let j = i + 1; j < pairs.length; j++) {
      const matrix = similarityOf(pairs[i]!, pairs[j]!);
      if (matrix === undefined) continue;
      const inliers = findInliers(pairs, matrix);
      if (inliers.length > (best?.inliers.length ?? minInliers - 1)) best = { inliers };
    }
  }
  if (best === undefined) return undefined;
  const refine = (inliers: readonly Pair[]) =>
    estimateSimilarity(
      inliers.map(({ from }) => from),
      inliers.map(({ to }) => to),
    )!;
  const inliers = findInliers(pairs, refine(best.inliers));
  if (inliers.length < best.inliers.length)
    return { matrix: refine(best.inliers), inliers: best.inliers.length };
  return { matrix: refine(inliers), inliers: inliers.length };
}

/** Features that are each other's nearest. */
function pairFeatures(first: LocalFeatures, second: LocalFeatures): Pair[] {
  const { nearest, distances, nearestBack } = findNearest(first, second);
  const pairs: Pair[] = [];
  for (let i = 0; i < first.count; i++) {
    const j = nearest[i]!;
    const bits = distances[i]!;
    if (j < 0 || nearestBack[j] !== i) continue;
    pairs.push({
      from: positionOf(first, i),
      to: positionOf(second, j),
      tolerance: TOLERANCE * LEVEL_STEP ** second.levels[j]!,
      scale: LEVEL_STEP ** (second.levels[j]! - first.levels[i]!),
      bits,
    });
  }
  return pairs.sort((a, b) => a.bits - b.bits).slice(0, MAX_PAIRS);
}

/** The nearest descriptors in both directions, in one pass; −1 where none is within {@link MAX_BITS}. */
function findNearest(first: LocalFeatures, second: LocalFeatures) {
  const left = wordsOf(first);
  const right = wordsOf(second);
  const nearest = new Int16Array(first.count).fill(-1);
  const distances = new Uint16Array(first.count).fill(MAX_BITS + 1);
  const nearestBack = new Int16Array(second.count).fill(-1);
  const distancesBack = new Uint16Array(second.count).fill(MAX_BITS + 1);
  for (let i = 0; i < first.count; i++) {
    for (let j = 0; j < second.count; j++) {
      const limit = Math.max(distances[i]!, distancesBack[j]!);
      // Half of the bits tell nearly all pairs apart.
      let distance = differingBits(left, i * 8, right, j * 8);
      if (distance >= limit) continue;
      distance += differingBits(left, i * 8 + 4, right, j * 8 + 4);
      if (distance < distances[i]!) {
        distances[i] = distance;
        nearest[i] = j;
      }
      if (distance < distancesBack[j]!) {
        distancesBack[j] = distance;
        nearestBack[j] = i;
      }
    }
  }
  return { nearest, distances, nearestBack };
}

/** Bits in which four words differ, as countBits does it for one, but summed up once: bytes hold up to 32. */
function differingBits(left: Int32Array, i: number, right: Int32Array, j: number): number {
  const sum =
    countByBytes(left[i]! ^ right[j]!) +
    countByBytes(left[i + 1]! ^ right[j + 1]!) +
    countByBytes(left[i + 2]! ^ right[j + 2]!) +
    countByBytes(left[i + 3]! ^ right[j + 3]!);
  return Math.imul(sum, 0x01010101) >>> 24;
}

/** Set bits of each byte of a word, in that byte. */
function countByBytes(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const quads = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return (quads + (quads >>> 4)) & 0x0f0f0f0f;
}

function wordsOf({ descriptors, count }: LocalFeatures): Int32Array {
  const aligned = descriptors.slice();
  return new Int32Array(aligned.buffer, 0, (count * DESCRIPTOR_BYTES) / 4);
}

function positionOf({ positions }: LocalFeatures, i: number): Point {
  return { x: positions[2 * i]!, y: positions[2 * i + 1]! };
}

/** The similarity that two pairs give; undefined where it is none between copies, or the features' sizes contradict it. */
function similarityOf(a: Pair, b: Pair): AffineMatrix | undefined {
  const dx = b.from.x - a.from.x;
  const dy = b.from.y - a.from.y;
  const squared = dx * dx + dy * dy;
  if (squared < 400) return undefined;
  const ex = b.to.x - a.to.x;
  const ey = b.to.y - a.to.y;
  const cosine = (dx * ex + dy * ey) / squared;
  const sine = (dx * ey - dy * ex) / squared;
  if (cosine <= 0 || Math.abs(sine) > Math.tan(MAX_TURN_RADIANS) * cosine) return undefined;
  const scale = Math.hypot(cosine, sine);
  if (scale > MAX_SCALE || scale < 1 / MAX_SCALE || !fits(a, scale) || !fits(b, scale)) return undefined;
  const x = a.to.x - cosine * a.from.x + sine * a.from.y;
  const y = a.to.y - sine * a.from.x - cosine * a.from.y;
  return [cosine, -sine, x, sine, cosine, y];
}

/** Whether two features of these levels can be the same spot at this scale: patches stand a level of difference. */
function fits(pair: Pair, scale: number): boolean {
  const ratio = pair.scale / scale;
  return ratio < 1.6 && ratio > 1 / 1.6;
}

function findInliers(pairs: readonly Pair[], matrix: AffineMatrix): Pair[] {
  const scale = Math.hypot(matrix[0], matrix[3]);
  return pairs.filter((pair) => {
    const { x, y } = transformPoint(matrix, pair.from);
    return Math.hypot(x - pair.to.x, y - pair.to.y) <= pair.tolerance && fits(pair, scale);
  });
}
