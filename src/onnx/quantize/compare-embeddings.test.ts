import { describe, expect, it } from "vitest";
import { createRandom } from "../../math/random.ts";
import { normalize } from "../../math/vector.ts";
import { compareEmbeddings } from "./compare-embeddings.ts";

const random = createRandom(5);
const noise = (deviation: number) =>
  Float32Array.from({ length: 64 }, () => (random() + random() + random() - 1.5) * 2 * deviation);
const add = (a: Float32Array, b: Float32Array) => a.map((value, i) => value + b[i]!);
const exact = Array.from({ length: 60 }, () => normalize(noise(1)));

describe("compareEmbeddings", () => {
  it("finds nothing wrong with the same embeddings", () => {
    const fidelity = compareEmbeddings({ exact, quantized: exact });
    expect(fidelity.lowestCosine).toBeCloseTo(1, 6);
    expect(fidelity.neighbourRecall).toBe(1);
  });

  it("forgives what nobody can see", () => {
    const quantized = exact.map((embedding) => normalize(add(embedding, noise(0.001))));
    expect(compareEmbeddings({ exact, quantized })).toMatchObject({ neighbourRecall: 1 });
  });

  it("sees that a model has become another, though every embedding is near where it was", () => {
    const quantized = exact.map((embedding) => normalize(add(embedding, noise(0.06))));
    const fidelity = compareEmbeddings({ exact, quantized });
    expect(fidelity.meanCosine).toBeGreaterThan(0.85);
    expect(fidelity.neighbourRecall).toBeLessThan(0.9);
  });

  it("sees one thing that went wrong among many", () => {
    const quantized = exact.with(7, normalize(noise(1)));
    const { meanCosine, lowestCosine } = compareEmbeddings({ exact, quantized });
    expect(meanCosine).toBeGreaterThan(0.97);
    expect(lowestCosine).toBeLessThan(0.6);
  });
});
