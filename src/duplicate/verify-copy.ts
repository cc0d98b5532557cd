/**
 * Whether two pictures are copies of one, and how one lies in the other. A hash or features alone never decide: the
 * pixels of both must agree at the place that they give.
 */
import type { Size } from "../core/geometry.ts";
import type { RasterImage } from "../core/raster-image.ts";
import type { AffineMatrix } from "../math/affine.ts";
import { comparePixels, type PixelAgreement } from "./compare-pixels.ts";
import { SQUARE_SYMMETRIES, turnDescriptors } from "./descriptor-pattern.ts";
import type { LocalFeatures } from "./local-features.ts";
import { matchFeatures } from "./match-features.ts";

/** How a picture was turned or mirrored, by the order of {@link SQUARE_SYMMETRIES}, and whether its brightness was inverted. */
export interface Orientation {
  readonly symmetry: number;
  readonly isInverted: boolean;
}

/**
 * Pairs of features that agree on a place, from which on it is looked at. Of 3,200 pairs of unrelated photos none had
 * more than 5, of 40 copies in each of 17 edits the least had 15 (November 2026).
 */
const MIN_INLIERS = 9;

/** Blocks that show something in both pictures, at least. */
const MIN_COMPARED = 12;

/** Share of them that must show the same: the least of 40 JPEGs of quality 10 was .84. */
const MIN_AGREEMENT = 0.75;

/**
 * Share of them that may clearly show something else: a copy had .01 at most, a photo in which something of a tenth of its
 * area moved by a twentieth of its width .03–.1.
 */
const MAX_CONTRADICTION = 0.02;

/** Share of the overlap that bars, captions and clipped highlights may cover: of photos half as bright again .72 (one of 40). */
const MAX_COVERED = 0.8;

/** Share of one of the pictures that must lie in the other: less is a detail in common, such as a logo. */
const MIN_OVERLAP = 0.3;

/** A verified copy. */
export interface VerifiedCopy {
  readonly orientation: Orientation;
  /** Share (0–1) of the first picture that lies in the second. */
  readonly shareOfFirst: number;
  /** Share (0–1) of the second picture that lies in the first. */
  readonly shareOfSecond: number;
  /** Pairs of features that agree; absent where the hashes gave the place. */
  readonly inliers?: number;
  readonly pixels: PixelAgreement;
}

/** A copy whose whole picture is the other's, in this orientation: what hashes find. Undefined where the pixels differ. */
export function verifyWhole(
  first: RasterImage,
  second: RasterImage,
  orientation: Orientation,
): VerifiedCopy | undefined {
  const matrix = orientationMatrix(orientation.symmetry);
  const pixels = comparePixels(first, second, matrix, orientation.isInverted);
  return isCopy(pixels, 1) ? { orientation, shareOfFirst: 1, shareOfSecond: 1, pixels } : undefined;
}

/** Where features say that one picture lies in another. */
export interface PartPlace {
  readonly kind: "part";
  readonly orientation: Orientation;
  /** From fractions of the first picture to fractions of the second. */
  readonly matrix: AffineMatrix;
  /** Pairs of features that agree. */
  readonly inliers: number;
}

/** Where a picture lies in another, turned by a few degrees or scaled; undefined where too few features agree. */
export function findPart(
  first: LocalFeatures,
  second: LocalFeatures,
  orientation: Orientation,
): PartPlace | undefined {
  const match = matchFeatures(turnFeatures(first, orientation), second, MIN_INLIERS);
  if (match === undefined) return undefined;
  const turned = orientationMatrix(orientation.symmetry);
  const turnedView = viewOf(first.view, orientation.symmetry);
  const matrix = multiply(toFractions(match.matrix, turnedView, second.view), turned);
  return { kind: "part", orientation, matrix, inliers: match.inliers };
}

/** A copy that lies where features say; undefined where the pixels differ. */
export function verifyPart(
  first: RasterImage,
  second: RasterImage,
  { orientation, matrix, inliers }: PartPlace,
): VerifiedCopy | undefined {
  const pixels = comparePixels(first, second, matrix, orientation.isInverted);
  // Of a screenshot little lies in the photo, but all of the photo in the screenshot.
  const area = Math.abs(matrix[0] * matrix[4] - matrix[1] * matrix[3]);
  const shares = { shareOfFirst: pixels.overlap, shareOfSecond: Math.min(1, pixels.overlap * area) };
  return isCopy(pixels, Math.max(shares.shareOfFirst, shares.shareOfSecond))
    ? { orientation, ...shares, inliers, pixels }
    : undefined;
}

function isCopy(pixels: PixelAgreement, overlap: number): boolean {
  const { compared, agreement, contradiction, covered } = pixels;
  const isSame = agreement >= MIN_AGREEMENT && contradiction <= MAX_CONTRADICTION;
  return isSame && compared >= MIN_COMPARED && covered <= MAX_COVERED && overlap >= MIN_OVERLAP;
}

/** The features as they are in the picture in this orientation. */
function turnFeatures(features: LocalFeatures, { symmetry, isInverted }: Orientation): LocalFeatures {
  if (symmetry === 0 && !isInverted) return features;
  const { count, positions, descriptors } = features;
  const [a, b, c, d] = SQUARE_SYMMETRIES[symmetry]!;
  const { width, height } = features.view;
  const view = viewOf(features.view, symmetry);
  const turned = new Float32Array(count * 2);
  for (let i = 0; i < turned.length; i += 2) {
    const x = positions[i]! - (width - 1) / 2;
    const y = positions[i + 1]! - (height - 1) / 2;
    turned[i] = a * x + b * y + (view.width - 1) / 2;
    turned[i + 1] = c * x + d * y + (view.height - 1) / 2;
  }
  return {
    ...features,
    view,
    positions: turned,
    descriptors: turnDescriptors(descriptors, symmetry, isInverted),
  };
}

function viewOf({ width, height }: Size, symmetry: number): Size {
  return SQUARE_SYMMETRIES[symmetry]![0] === 0 ? { width: height, height: width } : { width, height };
}

/** What the symmetry does to fractions of a picture. */
function orientationMatrix(symmetry: number): AffineMatrix {
  const [a, b, c, d] = SQUARE_SYMMETRIES[symmetry]!;
  return [a, b, (1 - a - b) / 2, c, d, (1 - c - d) / 2];
}

/** A matrix between pixels of two views as one between fractions of them; pixel centres are whole numbers in the first. */
function toFractions([a, b, c, d, e, f]: AffineMatrix, from: Size, to: Size): AffineMatrix {
  return [
    (a * from.width) / to.width,
    (b * from.height) / to.width,
    (c + 0.5 - (a + b) / 2) / to.width,
    (d * from.width) / to.height,
    (e * from.height) / to.height,
    (f + 0.5 - (d + e) / 2) / to.height,
  ];
}

/** First `second`, then `first`. */
function multiply(first: AffineMatrix, second: AffineMatrix): AffineMatrix {
  const [a, b, c, d, e, f] = first;
  const [p, q, r, s, t, u] = second;
  return [a * p + b * s, a * q + b * t, a * r + b * u + c, d * p + e * s, d * q + e * t, d * r + e * u + f];
}
