import { describe, expect, it } from "vitest";
import { createFaceLikePoints } from "../../test/face-like-points.ts";
import { dotProduct } from "../math/vector.ts";
import { matchPersons } from "./match-persons.ts";

describe("matchPersons", () => {
  it("finds the most similar prototype of each face", () => {
    const { embeddings: faces, dimensions } = createFaceLikePoints(150, { seed: 1 });
    const { embeddings: prototypes } = createFaceLikePoints(613, { seed: 2 });
    const rowOf = (matrix: Float32Array, row: number) =>
      matrix.subarray(row * dimensions, (row + 1) * dimensions);
    const found = matchPersons(faces, prototypes, dimensions);
    for (let face = 0; face < 150; face++) {
      const similarities = Array.from({ length: 613 }, (_, p) =>
        dotProduct(rowOf(faces, face), rowOf(prototypes, p)),
      );
      const best = Math.max(...similarities);
      expect(found.similarities[face]).toBeCloseTo(best, 5);
      expect(similarities[found.prototypes[face]!]).toBeCloseTo(best, 5);
    }
  });

  it("takes no prototypes and no faces", () => {
    expect([...matchPersons(Float32Array.of(1, 0), new Float32Array(0), 2).prototypes]).toEqual([-1]);
    expect([...matchPersons(new Float32Array(0), Float32Array.of(1, 0), 2).prototypes]).toEqual([]);
  });
});
