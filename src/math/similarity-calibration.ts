/** What similarities of a recogniser mean: cosines differ so much that no threshold suits two of them. */
export interface SimilarityCalibration {
  /** The mean cosine similarity of strangers: about 0 for ArcFace models, .83 for dlib's. */
  readonly strangerSimilarity: number;
  /** The cosine similarity that one of 1,000 pairs of strangers exceeds. */
  readonly matchSimilarity: number;
}

/**
 * The cosine similarity of a strength: 0 is that of strangers on average, 1 that which one of 1,000 pairs of strangers exceeds, in
 * proportion to Euclidean distance, along which recognisers agree better than along cosines.
 */
export function similarityAt(
  { strangerSimilarity, matchSimilarity }: SimilarityCalibration,
  strength: number,
): number {
  const stranger = Math.sqrt(2 - 2 * strangerSimilarity);
  const match = Math.sqrt(2 - 2 * matchSimilarity);
  const distance = Math.max(0, stranger + strength * (match - stranger));
  return 1 - distance ** 2 / 2;
}

/** The strength of a cosine similarity: the inverse of {@link similarityAt}. */
export function strengthAt(
  { strangerSimilarity, matchSimilarity }: SimilarityCalibration,
  similarity: number,
): number {
  const stranger = Math.sqrt(2 - 2 * strangerSimilarity);
  const match = Math.sqrt(2 - 2 * matchSimilarity);
  return (stranger - Math.sqrt(Math.max(0, 2 - 2 * similarity))) / (stranger - match);
}
