import { type SimilarityCalibration, similarityAt } from "../../math/similarity-calibration.ts";

/**
 * Strengths (see similarityAt) from which a face is taken for a known person. A stranger meets everybody who is known, so more
 * is asked than of a single pair, and the more persons, the more: false accepts a person fall to a third with each .1, hence
 * .2 for ten times as many persons keep their number. `npm run eval people`, from three labelled photos of each of 79 persons,
 * mean of ten choices: MobileFaceNet names .980 right, .000 wrong and .002 of strangers, dlib's .927, .000, .003; among 10 known
 * persons .991, .000, .006 and .973, .000, .003. That is the least strength at which both accept half a percent of strangers at
 * most; half of the people would have chosen .05 or .1 less.
 */
const STRENGTH_AT_80 = 1.35;
const STRENGTH_PER_DECADE = 0.2;

/** From here on half of the guesses are right even among few persons; what is below is asked, not assumed. */
const MIN_STRENGTH = 1.2;

/** The cosine similarity from which a face is taken for one of so many known persons. */
export function matchThreshold(calibration: SimilarityCalibration, personCount: number): number {
  const strength = STRENGTH_AT_80 + STRENGTH_PER_DECADE * Math.log10(Math.max(1, personCount) / 80);
  return similarityAt(calibration, Math.max(MIN_STRENGTH, strength));
}
