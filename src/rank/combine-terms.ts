/**
 * One direction for several wishes at once: a picture, and more or less of some words.
 *
 * Similarities of texts and photos vary by chance only a third as much as those of two photos, so that adding embeddings as
 * they are would hardly let words count. Here each term counts by how far a photo stands out for it, in units of what chance
 * gives for terms of its kind; that sum is linear, so the photos with the largest one are those nearest to one direction.
 */
import { type Spread, spreadOf } from "../math/quantile.ts";
import { dotProduct, normalize } from "../math/vector.ts";

/** One part of what photos are to be like, as the model sees it. */
export interface EncodedTerm {
  readonly kind: "picture" | "text";
  /** L2-normalised; of a text what it has for itself. */
  readonly direction: Float32Array;
  /** Below 0: less of it. */
  readonly weight: number;
}

/** How far similarities with pictures and with texts are spread by chance. */
export interface TermSpreads {
  readonly picture: number;
  readonly text: number;
}

/** Spreads below these are those of libraries too small to have one. */
const LEAST: TermSpreads = { picture: 0.02, text: 0.01 };

/**
 * The direction, L2-normalised; a lone picture's stays as it is. Throws `bad_request` when the terms cancel out, or when
 * there is none with a direction.
 */
export function combineTerms(terms: readonly EncodedTerm[], spreads: TermSpreads): Float32Array {
  const [only] = terms;
  if (terms.length === 1 && only!.weight > 0 && only!.kind === "picture") return only!.direction;
  const sum = new Float64Array(only?.direction.length ?? 0);
  for (const { kind, direction, weight } of terms) {
    const scale = weight / Math.max(spreads[kind], LEAST[kind]);
    for (let i = 0; i < sum.length; i++) sum[i]! += scale * direction[i]!;
  }
  return normalize(sum);
}

/** By this percentile chance is told, so that a fifth of the photos drawn may be what is looked for. */
const CHANCE_SHARE = 0.75;

/** What chance gives for a direction: its similarities with photos drawn at random. */
export function chanceOf(direction: Float32Array, drawn: readonly Float32Array[]): Spread {
  return spreadOf(
    drawn.map((embedding) => dotProduct(direction, embedding)),
    CHANCE_SHARE,
  );
}
