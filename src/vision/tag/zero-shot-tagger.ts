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
 *   its distance from their median, in units of the distance of their 90th percentile (times 1.28, as for a normal
 *   distribution with deviation 1). Percentiles on the upper side, because there the distributions have long tails, longest
 *   for photos of nothing in particular: the same precision then costs fewer right tags than with the median absolute
 *   deviation, or than a softmax of any temperature;
 * - a tag needs a distinction that chance gives hardly any tag. A photo of nothing in the vocabulary gets none as a rule.
 *
 * Tuned with the features and class weights of an ImageNet classifier in the place of towers (`npm run eval tags`, 79 photos):
 * at 5, 92 % of the tags are right that labels can tell, in 39 photos, and 0.3 are given to a picture of noise; the
 * classifier's own probabilities, which know more, reach 92 % in 37 photos and 1.0.
 *
 * O(tags · dimensions) a photo: half a millisecond.
 */
import type { PhotoTag } from "../../core/photo-analysis.ts";
import { dotProduct, normalize, normalizeInPlace } from "../../math/vector.ts";
import type { ClipSettings } from "../../onnx/model-settings.ts";

/** Distinction from which on a tag is given, where the model's catalogue entry names none. */
const MIN_DISTINCTION = 5;
/** A photo with more tags than this is not described better. */
const MAX_TAGS = 12;
/** Below this a model that was trained to give probabilities (SigLIP) itself thinks that the sentence is not of this photo. */
const MIN_PROBABILITY = 0.001;
/** Squared length below which what an embedding has for itself is rounding. */
const MIN_OWN_SHARE = 1e-6;
/** The 90th percentile of a normal distribution, in standard deviations. */
const PERCENTILE_90 = 1.2816;

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

/** Distances from the median in units of the upper spread; all zero where there is none. */
function standardize(values: readonly number[]): number[] {
  const sorted = Float64Array.from(values).toSorted();
  const median = quantile(sorted, 0.5);
  const spread = (quantile(sorted, 0.9) - median) / PERCENTILE_90;
  return values.map((value) => (spread > 0 ? (value - median) / spread : 0));
}

/** The value below which this share of the sorted ones lies; the upper of two neighbours. */
function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.floor(share * sorted.length)] ?? 0;
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
