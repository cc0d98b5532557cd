import { createRowProducts } from "../math/products/row-products.ts";

/** For each face the prototype it is most similar to. */
export interface PersonMatches {
  /** Rows of the prototypes; −1 where there are none. */
  readonly prototypes: Int32Array;
  /** Cosine similarities. */
  readonly similarities: Float32Array;
}

/**
 * The most similar prototype (exemplar or centroid) of each face: all pairs are multiplied at once, which is many times
 * faster than one face at a time. Both are row-major embeddings of L2 length 1; of equally similar prototypes the first
 * wins. O(f·p·d). Whether a similarity suffices is for the recogniser's calibration to say.
 */
export function matchPersons(
  faces: Float32Array,
  prototypes: Float32Array,
  dimensions: number,
): PersonMatches {
  const prototypeCount = prototypes.length / dimensions;
  const stacked = new Float32Array(faces.length + prototypes.length);
  stacked.set(prototypes);
  stacked.set(faces, prototypes.length);
  const matches: PersonMatches = {
    prototypes: new Int32Array(faces.length / dimensions).fill(-1),
    similarities: new Float32Array(faces.length / dimensions).fill(-1),
  };
  using tiles = createRowProducts(stacked, dimensions);
  const firstFace = Math.floor(prototypeCount / 8) * 8;
  for (const tile of tiles.tiles(prototypeCount, firstFace)) {
    const { firstRow, rowCount, firstColumn, columnCount, products, stride } = tile;
    for (let r = 0; r < rowCount; r++) {
      for (let c = Math.max(0, prototypeCount - firstColumn); c < columnCount; c++) {
        const face = firstColumn + c - prototypeCount;
        const similarity = products[r * stride + c]!;
        if (similarity <= matches.similarities[face]!) continue;
        matches.similarities[face] = similarity;
        matches.prototypes[face] = firstRow + r;
      }
    }
  }
  return matches;
}
