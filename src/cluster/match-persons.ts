import { createRowProducts } from "../math/products/row-products.ts";

/** Rows of a matrix must begin at a multiple of this to be columns of a product. */
const PANEL_ROWS = 8;

/** What known persons look like: exemplars and centroids, several a person. */
export interface PersonPrototypes {
  /** Person of each prototype. */
  readonly personIds: readonly string[];
  /** personIds.length · dimensions, row-major, L2-normalised. */
  readonly embeddings: Float32Array;
  readonly dimensions: number;
}

/** How much a face looks like a person. */
export interface PersonMatch {
  readonly personId: string;
  /** The best cosine similarity to any prototype of the person. */
  readonly score: number;
}

/**
 * For each face the persons it looks like with at least `minScore`, most alike first: all pairs are multiplied at once, which
 * is many times faster than one face at a time. O(faces · prototypes · dimensions). Whether a similarity suffices is for the
 * recogniser's calibration to say.
 *
 * @param faces - Row-major, L2-normalised, of the same model as the prototypes.
 */
export function matchPersons(
  faces: Float32Array,
  { personIds, embeddings, dimensions }: PersonPrototypes,
  minScore: number,
): readonly (readonly PersonMatch[])[] {
  const faceCount = dimensions === 0 ? 0 : faces.length / dimensions;
  if (personIds.length === 0) return Array.from({ length: faceCount }, () => []);
  const firstColumn = Math.ceil(faceCount / PANEL_ROWS) * PANEL_ROWS;
  const matrix = new Float32Array((firstColumn + personIds.length) * dimensions);
  matrix.set(faces);
  matrix.set(embeddings, firstColumn * dimensions);
  const best = Array.from({ length: faceCount }, () => new Map<string, number>());
  using products = createRowProducts(matrix, dimensions);
  for (const tile of products.tiles(faceCount, firstColumn)) {
    for (let r = 0; r < tile.rowCount; r++) {
      const scores = best[tile.firstRow + r]!;
      for (let c = 0; c < tile.columnCount; c++) {
        const score = tile.products[r * tile.stride + c]!;
        if (score < minScore) continue;
        const personId = personIds[tile.firstColumn - firstColumn + c]!;
        if (score > (scores.get(personId) ?? -Infinity)) scores.set(personId, score);
      }
    }
  }
  return best.map((scores) =>
    [...scores]
      .map(([personId, score]) => ({ personId, score }))
      .toSorted((a, b) => b.score - a.score || (a.personId < b.personId ? -1 : 1)),
  );
}
