import { measureDistance, type Triplet } from "./triplet-loss.ts";

/**
 * Which negative an anchor and a positive get: the nearest (`hard`), or the nearest of those that are farther than the
 * positive but within the margin (`semi-hard`, as FaceNet has it; hard ones collapse the embedding at first), and the nearest
 * where there is none.
 */
export type Mining = "hard" | "semi-hard";

/** A triplet for every pair of rows of one person in a batch that has rows of others; O(n³) for n rows. */
export function mineTriplets(
  embeddings: Float64Array,
  size: number,
  persons: ArrayLike<number>,
  { mining, margin }: { mining: Mining; margin: number },
): Triplet[] {
  const count = persons.length;
  const triplets: Triplet[] = [];
  for (let anchor = 0; anchor < count; anchor++) {
    const distances = Float64Array.from({ length: count }, (_, row) =>
      measureDistance(embeddings, size, anchor, row),
    );
    const nearest = (least: number): number => {
      let best = -1;
      for (let row = 0; row < count; row++) {
        if (persons[row] === persons[anchor] || distances[row]! <= least) continue;
        if (best === -1 || distances[row]! < distances[best]!) best = row;
      }
      return best;
    };
    const hardest = nearest(-1);
    if (hardest === -1) continue;
    for (let positive = 0; positive < count; positive++) {
      if (positive === anchor || persons[positive] !== persons[anchor]) continue;
      const farther = mining === "hard" ? -1 : nearest(distances[positive]!);
      const isSemiHard = farther !== -1 && distances[farther]! < distances[positive]! + margin;
      triplets.push({ anchor, positive, negative: isSemiHard ? farther : hardest });
    }
  }
  return triplets;
}
