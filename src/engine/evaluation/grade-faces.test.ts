import { describe, expect, it } from "vitest";
import { createRandom } from "../../math/random.ts";
import { dotProduct, normalize } from "../../math/vector.ts";
import { gradeFaces } from "./grade-faces.ts";

const DIMENSIONS = 32;

function drawFaces(seed: number, persons: number, each: number, noise: number) {
  const random = createRandom(seed);
  const draw = () => Float64Array.from({ length: DIMENSIONS }, () => random() - 0.5);
  const labels: number[] = [];
  const rows: Float32Array[] = [];
  for (let person = 0; person < persons; person++) {
    const mean = draw();
    for (let i = 0; i < each; i++) {
      const own = draw();
      rows.push(normalize(mean.map((x, k) => x + noise * own[k]!)));
      labels.push(person);
    }
  }
  const embeddings = new Float32Array(rows.length * DIMENSIONS);
  for (const [i, row] of rows.entries()) embeddings.set(row, i * DIMENSIONS);
  return { faces: { embeddings, dimensions: DIMENSIONS, persons: labels }, rows };
}

describe("gradeFaces", () => {
  it("equals comparing each face with all others one by one", async () => {
    const { faces, rows } = drawFaces(3, 40, 6, 1.6);
    const graded = await gradeFaces(faces);
    for (const threshold of [0.2, 0.4, 0.6]) {
      let [named, right] = [0, 0];
      rows.forEach((row, i) => {
        const [best] = rows
          .map((other, j) => ({ j, similarity: i === j ? -2 : dotProduct(row, other) }))
          .toSorted((a, b) => b.similarity - a.similarity);
        if (best!.similarity < threshold) return;
        named++;
        if (faces.persons[best!.j] === faces.persons[i]) right++;
      });
      const { precision, recall } = graded.at(threshold);
      expect(precision).toBeCloseTo(right / named, 12);
      expect(recall).toBeCloseTo(right / rows.length, 12);
    }
  });

  it("finds the threshold that names most without being wrong more often than allowed", async () => {
    const graded = await gradeFaces(drawFaces(4, 30, 5, 1.8).faces);
    const best = graded.best(0.99)!;
    expect(best.precision).toBeGreaterThanOrEqual(0.99);
    expect(graded.at(best.threshold)).toEqual(best);
    for (let threshold = 0; threshold < 1; threshold += 0.01) {
      const { precision, recall } = graded.at(threshold);
      if (precision >= 0.99) expect(recall).toBeLessThanOrEqual(best.recall);
    }
    expect(graded.best(1.1)).toBe(undefined);
  });
});
