/**
 * Finds the copies of a picture among very many, as they come: by hash in 16 orientations where the whole picture is the
 * same, by local features in nine where only a part is. Candidates are cheap and may be wrong; every one is verified on pixels.
 *
 * Cost of one search among 100,000: see `npm run bench duplicates`; verifying a candidate takes 1–4 ms and both pictures.
 */
import type { RasterImage } from "../core/raster-image.ts";
import { derivePdqVariants } from "../hash/pdq-symmetry.ts";
import { DESCRIPTOR_BYTES, SQUARE_SYMMETRIES, turnDescriptors } from "./descriptor-pattern.ts";
import { FeatureIndex } from "./feature-index.ts";
import { HashIndex } from "./hash-index.ts";
import type { LocalFeatures } from "./local-features.ts";
import {
  findPart,
  type Orientation,
  type PartPlace,
  type VerifiedCopy,
  verifyPart,
  verifyWhole,
} from "./verify-copy.ts";

/** What is known of a picture before its pixels are read. */
export interface PictureTraits {
  /** 64 hex digits; absent where the picture has none. */
  readonly pdq?: string;
  /** 0–100. */
  readonly pdqQuality?: number;
  readonly features: LocalFeatures;
}

/** A copy that was found. */
export interface FoundCopy extends VerifiedCopy {
  readonly id: number;
  /** Bits in which the hashes differ in the best orientation, where that is within the limit. */
  readonly distance?: number;
}

export interface CopyIndexOptions {
  /** Bits in which the hashes of copies may differ, 0–47. */
  readonly maxDistance: number;
  /** Quality of both hashes from which on they count, 0–100. */
  readonly minQuality: number;
}

/** The published limits of PDQ. */
export const COPY_LIMITS: CopyIndexOptions = { maxDistance: 31, minQuality: 50 };

/** Pictures with the nearest hashes that are verified. */
const MAX_BY_HASH = 64;

/** Pictures with the most votes that are verified: in the same orientation, and in all others together. */
const MAX_UPRIGHT = 8;
const MAX_TURNED = 4;

const ORIENTATIONS: readonly Orientation[] = [false, true].flatMap((isInverted) =>
  SQUARE_SYMMETRIES.map((_, symmetry) => ({ symmetry, isInverted })),
);

/**
 * Orientations in which features are searched. Pictures that are both inverted and turned are found by their hash only: parts of
 * such have not been seen yet, and they would take half of the time.
 */
const FEATURE_ORIENTATIONS = ORIENTATIONS.filter(({ symmetry, isInverted }) => !isInverted || symmetry === 0);

/** A picture that may be a copy. */
export interface Candidate {
  readonly id: number;
  readonly orientation: Orientation;
  readonly distance?: number;
}

/** A growing set of pictures in which copies are found. */
export class CopyIndex {
  readonly #options: CopyIndexOptions;
  readonly #hashes = new HashIndex();
  readonly #descriptors = new FeatureIndex();

  constructor(options: CopyIndexOptions = COPY_LIMITS) {
    this.#options = options;
  }

  /** Adds a picture, in place of a former one of this id. */
  set(id: number, { features, ...hash }: PictureTraits): void {
    this.setDescriptors(id, hash, features.descriptors);
  }

  /** The same with what finding it takes, and nothing else of its features. */
  setDescriptors(id: number, hash: Omit<PictureTraits, "features">, descriptors: Uint8Array): void {
    const { pdq, pdqQuality = 0 } = hash;
    this.#hashes.delete(id);
    if (pdq !== undefined && pdqQuality >= this.#options.minQuality) this.#hashes.set(id, pdq);
    this.#descriptors.set(id, descriptors);
  }

  delete(id: number): void {
    this.#hashes.delete(id);
    this.#descriptors.delete(id);
  }

  /** Pictures that may be copies of this one, each once an orientation, those found by hash first. */
  findCandidates(traits: PictureTraits): readonly Candidate[] {
    const candidates = new Map<string, Candidate>();
    for (const candidate of [...this.#findByHash(traits), ...this.#findByFeatures(traits)]) {
      const { symmetry, isInverted } = candidate.orientation;
      const key = `${candidate.id} ${symmetry} ${isInverted}`;
      if (!candidates.has(key)) candidates.set(key, candidate);
    }
    return [...candidates.values()];
  }

  #findByHash({ pdq, pdqQuality = 0 }: PictureTraits): Candidate[] {
    const { maxDistance, minQuality } = this.#options;
    if (pdq === undefined || pdqQuality < minQuality) return [];
    const variants = derivePdqVariants(pdq);
    return ORIENTATIONS.flatMap((orientation) => {
      const variant = variants[orientation.symmetry]!;
      return this.#hashes
        .findNear(orientation.isInverted ? invert(variant) : variant, maxDistance)
        .map(({ id, distance }) => ({ id, distance, orientation }));
    })
      .sort((a, b) => a.distance - b.distance)
      .slice(0, MAX_BY_HASH);
  }

  #findByFeatures({ features: { descriptors } }: PictureTraits): Candidate[] {
    const find = (orientation: Orientation, limit: number, chosen: Uint8Array) => {
      const turned = turnDescriptors(chosen, orientation.symmetry, orientation.isInverted);
      return this.#descriptors.findLikely(turned, limit).map((vote) => ({ ...vote, orientation }));
    };
    const [upright, ...others] = FEATURE_ORIENTATIONS;
    const some = everyOther(descriptors);
    const turned = others
      .flatMap((orientation) => find(orientation, MAX_TURNED, some))
      .sort((a, b) => b.votes - a.votes)
      .slice(0, MAX_TURNED);
    return [...find(upright!, MAX_UPRIGHT, descriptors), ...turned].map(({ id, orientation }) => ({
      id,
      orientation,
    }));
  }
}

/** How one picture may lie in another: all of it in this orientation, or where features say. Pixels prove it, or not. */
export type LikelyPlace = { readonly kind: "whole"; readonly orientation: Orientation } | PartPlace;

/**
 * How a candidate may lie, the likeliest first, found one after the other as they are asked for: hardly a candidate that is no
 * copy has any, so that its pixels need not be read. `isThorough` tries all orientations and costs up to 16 comparisons of features.
 */
export function* findPlaces(
  first: LocalFeatures,
  second: LocalFeatures,
  { orientation: likely, distance }: Candidate,
  isThorough = false,
): Generator<LikelyPlace> {
  if (distance !== undefined) yield { kind: "whole", orientation: likely };
  const others = ORIENTATIONS.filter(
    ({ symmetry, isInverted }) => symmetry !== likely.symmetry || isInverted !== likely.isInverted,
  );
  for (const orientation of isThorough ? [likely, ...others] : [likely]) {
    const part = findPart(first, second, orientation);
    if (part !== undefined) yield part;
  }
}

/** The copy that a candidate is if it lies like this, by the pixels of both; undefined where they differ. */
export function verifyPlace(
  first: RasterImage,
  second: RasterImage,
  { id, distance }: Candidate,
  place: LikelyPlace,
): FoundCopy | undefined {
  const copy =
    place.kind === "whole" ? verifyWhole(first, second, place.orientation) : verifyPart(first, second, place);
  return copy && { id, ...(distance === undefined ? {} : { distance }), ...copy };
}

/**
 * Half of the descriptors, of all levels. All orientations but the first are searched with them: nearly all copies are upright,
 * and turned ones still have votes enough (of crops mirrored and greyed, and of quarter turns, all of 40 were found). Indexing
 * no more than these would halve the memory, but a quarter of the screenshots was lost by it.
 */
function everyOther(descriptors: Uint8Array): Uint8Array {
  const some = new Uint8Array(Math.ceil(descriptors.length / DESCRIPTOR_BYTES / 2) * DESCRIPTOR_BYTES);
  for (let to = 0; to < some.length; to += DESCRIPTOR_BYTES)
    some.set(descriptors.subarray(to * 2, to * 2 + DESCRIPTOR_BYTES), to);
  return some;
}

function invert(hash: string): string {
  return Buffer.from(Buffer.from(hash, "hex").map((byte) => byte ^ 0xff)).toString("hex");
}
