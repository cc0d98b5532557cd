/**
 * Whether a photo matches a query text, from the similarities of a text-image model. These mean nothing by themselves: 0.3
 * is a perfect match for one model and noise for the next, and some photos are close to every text. So a query is compared
 * with a background of unrelated texts: its distinction for a photo is how far it stands out from what these say of the same
 * photo, in units of their spread (as tags are given without training, see vision/tag/zero-shot-tagger.ts, where the
 * cut-off of 5 was measured: 92 % of what passes it is right).
 *
 * The contract:
 * - all embeddings are L2-normalised and of one model;
 * - what the background's texts have in common is taken out of every text, since it tells texts from photos and nothing else;
 * - a text that has nothing of its own, such as letters that no vocabulary knows, has no direction and matches nothing;
 * - O(texts · dimensions) a photo, once; O(dimensions) for each further query.
 */
import { normalUpperQuantile, type Spread, spreadOf } from "../math/quantile.ts";
import { dotProduct, normalize, normalizeInPlace } from "../math/vector.ts";
import type { Section } from "../core/search-trust.ts";

/** Unrelated texts as one model sees them. */
export interface TextBackground {
  /** Their mean direction. */
  readonly common: Float32Array;
  /** What each has for itself. */
  readonly directions: readonly Float32Array[];
}

/** Squared length below which what an embedding has for itself is rounding. */
const MIN_OWN_SHARE = 1e-6;

/** Less spread than this is that of a background with too few different texts to speak of one. */
const MIN_SPREAD = 0.01;

/** Distinctions from which on a hit is strong, or maybe one, in a small library. */
const STRONG = 5;
const MAYBE = 3;

/** Of all photos of a library so many may be taken for hits by chance. */
const CHANCE_STRONG = 1e-3;
const CHANCE_MAYBE = 1;

/** The background that these texts make. Throws `bad_request` as `normalize` does. */
export function createTextBackground(texts: readonly Float32Array[]): TextBackground {
  const sum = new Float64Array(texts[0]?.length ?? 0);
  for (const text of texts) for (let i = 0; i < sum.length; i++) sum[i]! += text[i]!;
  const common = normalize(sum);
  return { common, directions: texts.map((text) => ownDirection(text, common)) };
}

/** What a text has for itself, L2-normalised; all zero where it has nothing. */
function ownDirection(text: Float32Array, common: Float32Array): Float32Array {
  const share = dotProduct(text, common);
  if (1 - share ** 2 < MIN_OWN_SHARE) return new Float32Array(text.length);
  return normalizeInPlace(text.map((value, i) => value - share * common[i]!));
}

/** What the background says of one photo: the same for every query. */
export function backgroundOf({ directions }: TextBackground, photo: Float32Array): Spread {
  return spreadOf(directions.map((direction) => dotProduct(direction, photo)));
}

/** The part of a query's embedding that {@link distinction} compares. */
export function queryDirection({ common }: TextBackground, query: Float32Array): Float32Array {
  return ownDirection(query, common);
}

/** How far a query stands out from the background of a photo, in standard deviations; may be below 0. */
export function distinction(
  direction: Float32Array,
  photo: Float32Array,
  { median, spread }: Spread,
): number {
  return (dotProduct(direction, photo) - median) / Math.max(spread, MIN_SPREAD);
}

/** The section of a distinction among so many photos; undefined for what chance gives, too: the more photos, the more it gives. */
export function sectionOfDistinction(value: number, photoCount: number): Section | undefined {
  const atChance = (expected: number) =>
    normalUpperQuantile(Math.min(0.5, expected / Math.max(1, photoCount)));
  if (value >= Math.max(STRONG, atChance(CHANCE_STRONG))) return "strong";
  return value >= Math.max(MAYBE, atChance(CHANCE_MAYBE)) ? "maybe" : undefined;
}
