import { describe, expect, it } from "vitest";
import { createFaceLikePoints } from "../../test/face-like-points.ts";
import { dotProduct } from "../math/vector.ts";
import { matchPersons } from "./match-persons.ts";

describe("matchPersons", () => {
  it("finds the persons that each face is like, most alike first, by their most similar prototype", () => {
    const { embeddings: faces, dimensions } = createFaceLikePoints(150, { seed: 1 });
    const { embeddings } = createFaceLikePoints(613, { seed: 2 });
    const personIds = Array.from({ length: 613 }, (_, p) => `person ${p % 200}`);
    const rowOf = (matrix: Float32Array, row: number) =>
      matrix.subarray(row * dimensions, (row + 1) * dimensions);
    const minScore = 0.1;
    const found = matchPersons(faces, { personIds, embeddings, dimensions }, minScore);
    for (let face = 0; face < 150; face++) {
      const scores = new Map<string, number>();
      for (const [p, personId] of personIds.entries()) {
        const score = dotProduct(rowOf(faces, face), rowOf(embeddings, p));
        if (score > (scores.get(personId) ?? minScore)) scores.set(personId, score);
      }
      const expected = [...scores].toSorted((a, b) => b[1] - a[1]);
      expect(found[face]!.map(({ personId }) => personId)).toEqual(expected.map(([personId]) => personId));
      for (const [i, [, score]] of expected.entries()) expect(found[face]![i]!.score).toBeCloseTo(score, 5);
    }
  });

  it("takes no prototypes and no faces", () => {
    const prototypes = { personIds: ["a"], embeddings: Float32Array.of(1, 0), dimensions: 2 };
    expect(matchPersons(new Float32Array(0), prototypes, 0)).toEqual([]);
    expect(
      matchPersons(
        Float32Array.of(1, 0),
        { personIds: [], embeddings: new Float32Array(0), dimensions: 2 },
        0,
      ),
    ).toEqual([[]]);
  });
});
