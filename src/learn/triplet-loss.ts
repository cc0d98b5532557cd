/** An anchor, another face of the same person, and one of another, by their rows. */
export interface Triplet {
  readonly anchor: number;
  readonly positive: number;
  readonly negative: number;
}

/** How far two embeddings are apart: squared Euclidean, Euclidean, or 1 − cosine similarity. */
export type TripletDistance = "squared" | "euclidean" | "cosine";

/** Keeps Euclidean distances of equal embeddings from having no slope. */
const MIN_DISTANCE = 1e-12;

/**
 * The triplet loss (Schroff, Kalenichenko, Philbin, "FaceNet", 2015): the mean over triplets of max(0, d(anchor, positive)
 * − d(anchor, negative) + margin), with its gradients for the embeddings (row-major, of L2 length 1).
 */
export function computeTripletLoss(
  embeddings: Float64Array,
  size: number,
  triplets: readonly Triplet[],
  { margin, distance = "squared" }: { margin: number; distance?: TripletDistance },
): { loss: number; gradients: Float64Array } {
  const gradients = new Float64Array(embeddings.length);
  const share = 1 / Math.max(1, triplets.length);
  let loss = 0;
  for (const { anchor, positive, negative } of triplets) {
    const excess =
      measureDistance(embeddings, size, anchor, positive, distance) -
      measureDistance(embeddings, size, anchor, negative, distance) +
      margin;
    if (excess <= 0) continue;
    loss += excess * share;
    addGradients(gradients, embeddings, size, anchor, positive, distance, share);
    addGradients(gradients, embeddings, size, anchor, negative, distance, -share);
  }
  return { loss, gradients };
}

/** The distance of two rows. */
export function measureDistance(
  embeddings: Float64Array,
  size: number,
  a: number,
  b: number,
  distance: TripletDistance = "squared",
): number {
  let squares = 0;
  for (let k = 0, i = a * size, j = b * size; k < size; k++)
    squares += (embeddings[i++]! - embeddings[j++]!) ** 2;
  if (distance === "squared") return squares;
  // Of unit vectors |a − b|² = 2 − 2·cos.
  return distance === "cosine" ? squares / 2 : Math.sqrt(squares);
}

function addGradients(
  gradients: Float64Array,
  embeddings: Float64Array,
  size: number,
  a: number,
  b: number,
  distance: TripletDistance,
  weight: number,
): void {
  const slope =
    distance === "squared"
      ? 2
      : distance === "cosine"
        ? 1
        : 1 / Math.max(MIN_DISTANCE, measureDistance(embeddings, size, a, b, "euclidean"));
  for (let k = 0, i = a * size, j = b * size; k < size; k++, i++, j++) {
    const gradient = weight * slope * (embeddings[i]! - embeddings[j]!);
    gradients[i]! += gradient;
    gradients[j]! -= gradient;
  }
}
