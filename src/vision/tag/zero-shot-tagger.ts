/**
 * Tags for a photo from the embedding it has already: the photo is compared with the sentences of a vocabulary
 * (zero-shot classification, Radford et al. 2021), and a tag is given where the photo is much closer to it than to the rest
 * of the vocabulary.
 *
 * Similarities of text-image models mean nothing by themselves: 0.3 is a perfect match for one model and noise for the next,
 * and some sentences are close to every photo. So
 *
 * - what all tags have in common (their mean direction) is taken out of each, which also takes out what photos as such have
 *   in common with sentences as such; what is left of a tag is its own direction, of length 1;
 * - the photo's similarities to all directions are its background, of which nearly all are unrelated: a tag's distinction is
 *   the distance from their median, in units of their spread (median absolute deviation, times 1.4826 as for a normal
 *   distribution);
 * - a tag needs a distinction that chance would give no tag: of 900 normally distributed similarities one reaches 3.9 once in
 *   25 photos. A photo of nothing in the vocabulary gets no tags.
 *
 * O(tags · dimensions) a photo: half a millisecond.
 */
import type { PhotoTag } from "../../core/photo-analysis.ts";
import { dotProduct, normalize, normalizeInPlace } from "../../math/vector.ts";
import type { ClipSettings } from "../../onnx/model-settings.ts";

/** Distinction from which on a tag is given, where the model's catalogue entry names none. */
const MIN_DISTINCTION = 4;
/** A photo with more tags than this is not described better. */
const MAX_TAGS = 12;
/** Below this a model that was trained to give probabilities (SigLIP) itself thinks that the sentence is not of this photo. */
const MIN_PROBABILITY = 0.001;
/** Squared length below which what an embedding has for itself is rounding. */
const MIN_OWN_SHARE = 1e-6;
/** Median absolute deviation of a normal distribution with standard deviation 1, inverted. */
const DEVIATIONS_PER_MAD = 1.4826;

/** Says what photos show by their embeddings. */
export interface ZeroShotTagger {
  /** Strongest first; scores of 0.5 to 1, 0.5 being a tag that is barely given. */
  tag(embedding: Float32Array): PhotoTag[];
}

/** A tagger with this vocabulary; `embeddings` are the L2-normalised ones of `names`, by the photos' own model. */
export function createZeroShotTagger(vocabulary: {
  readonly names: readonly string[];
  readonly embeddings: readonly Float32Array[];
  readonly settings: Pick<ClipSettings, "minTagDistinction" | "logitScale" | "logitBias">;
}): ZeroShotTagger {
  const { names, embeddings, settings } = vocabulary;
  const directions = separate(embeddings);
  const minDistinction = settings.minTagDistinction ?? MIN_DISTINCTION;
  return {
    tag(embedding) {
      const distinctions = standardize(directions.map((direction) => dotProduct(direction, embedding)));
      return distinctions
        .map((distinction, i) => ({ i, distinction }))
        .filter(({ distinction }) => distinction >= minDistinction)
        .filter(({ i }) => isProbable(embeddings[i]!, embedding, settings))
        .toSorted((a, b) => b.distinction - a.distinction)
        .slice(0, MAX_TAGS)
        .map(({ i, distinction }) => ({ name: names[i]!, score: sigmoid(distinction - minDistinction) }));
    },
  };
}

/**
 * What each embedding has for itself: without the part that lies in the mean direction of all, L2-normalised; nothing (all
 * zero) where it is no more than that.
 */
function separate(embeddings: readonly Float32Array[]): Float32Array[] {
  const sum = new Float64Array(embeddings[0]?.length ?? 0);
  for (const embedding of embeddings) for (let i = 0; i < sum.length; i++) sum[i]! += embedding[i]!;
  const common = normalize(sum);
  return embeddings.map((embedding) => {
    const share = dotProduct(embedding, common);
    if (1 - share ** 2 < MIN_OWN_SHARE) return new Float32Array(embedding.length);
    return normalizeInPlace(embedding.map((value, i) => value - share * common[i]!));
  });
}

/** Distances from the median in units of the spread; all zero where there is no spread. */
function standardize(values: readonly number[]): number[] {
  const middle = median(values);
  const spread = DEVIATIONS_PER_MAD * median(values.map((value) => Math.abs(value - middle)));
  return values.map((value) => (spread === 0 ? 0 : (value - middle) / spread));
}

/** The upper one of two in the middle. */
function median(values: readonly number[]): number {
  return Float64Array.from(values).toSorted()[values.length >> 1] ?? 0;
}

/** Whether a model that gives probabilities thinks the sentence possible; true for the others. */
function isProbable(
  tag: Float32Array,
  photo: Float32Array,
  { logitScale, logitBias }: Pick<ClipSettings, "logitScale" | "logitBias">,
): boolean {
  if (logitScale === undefined || logitBias === undefined) return true;
  return sigmoid(logitScale * dotProduct(tag, photo) + logitBias) >= MIN_PROBABILITY;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
