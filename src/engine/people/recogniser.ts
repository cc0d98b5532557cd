import { type SimilarityCalibration, similarityAt } from "../../math/similarity-calibration.ts";

/** Strength (see similarityAt) from which it is worth asking whether a face is somebody: half of such guesses are right. */
export const ASK_STRENGTH = 1.2;

/** The recogniser in use, and what its similarities mean. */
export interface Recogniser {
  readonly modelId: string;
  readonly calibration: SimilarityCalibration;
  /** Cosine similarity from which a face is a known person. */
  readonly matchThreshold: number;
}

/** The cosine similarity of a strength, see similarityAt, to this recogniser. */
export function similarityOf({ calibration }: Recogniser, strength: number): number {
  return similarityAt(calibration, strength);
}
