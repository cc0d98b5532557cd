import { describe, expect, it } from "vitest";
import { createFaceLikePoints } from "../../test/face-like-points.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { mineTriplets } from "./mine-triplets.ts";
import { createProjectionHead, projectForward } from "./projection-head.ts";
import { type LabelledFaces, trainHead, type TrainingOptions, type TrainingState } from "./train-head.ts";

const { embeddings, dimensions, people } = createFaceLikePoints(90, { dimensions: 8, largest: 12, seed: 4 });
const faces: LabelledFaces = { embeddings, dimensions, persons: people };

const OPTIONS: TrainingOptions = {
  shape: { inputSize: 8, hiddenSize: 16, outputSize: 8 },
  epochs: 4,
  batchSize: 32,
  margin: 0.2,
  mining: "semi-hard",
  optimizer: { kind: "adam", learningRate: 1e-3 },
  seed: 1,
};

describe("createProjectionHead", () => {
  it("is the identity where the shape allows it, also with units to spare", () => {
    for (const hiddenSize of [16, 21]) {
      const head = createProjectionHead({ inputSize: 8, hiddenSize, outputSize: 8 }, 1);
      const projected = projectForward(head, embeddings).embeddings;
      for (let i = 0; i < embeddings.length; i += 8) {
        const length = Math.hypot(...embeddings.subarray(i, i + 8));
        for (let k = i; k < i + 8; k++) expect(projected[k]).toBeCloseTo(embeddings[k]! / length, 6);
      }
    }
  });

  it("keeps angles about as they were where it is narrower", () => {
    const wide = createFaceLikePoints(2, { dimensions: 512, largest: 2, seed: 6 }).embeddings;
    const head = createProjectionHead({ inputSize: 512, hiddenSize: 256, outputSize: 128 }, 1);
    const projected = projectForward(head, wide).embeddings;
    const cosine = (rows: Float32Array | Float64Array, size: number) => {
      let sum = 0;
      for (let k = 0; k < size; k++) sum += rows[k]! * rows[size + k]!;
      return sum;
    };
    expect(Math.abs(cosine(projected, 128) - cosine(wide, 512))).toBeLessThan(0.15);
  });

  it("refuses sizes that are none", () => {
    expect(() => createProjectionHead({ inputSize: 8, hiddenSize: 0, outputSize: 8 }, 1)).toThrow(/sizes/);
  });
});

describe("mineTriplets", () => {
  // On a line: the anchor 0, its positive at 1, strangers at .5, 1.05 and 3.
  const line = Float64Array.of(0, 1, 0.5, 1.05, 3);
  const persons = [7, 7, 1, 2, 3];
  const negativeOf = (mining: "hard" | "semi-hard", margin: number) =>
    mineTriplets(line, 1, persons, { mining, margin }).find(({ anchor }) => anchor === 0)!.negative;

  it("takes the nearest stranger, or the nearest behind the positive and within the margin", () => {
    expect(negativeOf("hard", 0.2)).toBe(2);
    expect(negativeOf("semi-hard", 0.2)).toBe(3);
    expect(negativeOf("semi-hard", 0.01)).toBe(2);
  });

  it("makes none without strangers", () => {
    expect(mineTriplets(line, 1, [1, 1, 1, 1, 1], { mining: "hard", margin: 0.2 })).toEqual([]);
  });
});

describe("trainHead", () => {
  it("lowers the loss, the same way every time", () => {
    const long: TrainingOptions = {
      ...OPTIONS,
      epochs: 40,
      optimizer: { kind: "adam", learningRate: 3e-3 },
    };
    const { losses } = trainHead(faces, long);
    const sumOf = (some: readonly number[]) => some.reduce((sum, loss) => sum + loss, 0);
    expect(sumOf(losses.slice(-5))).toBeLessThan(0.7 * sumOf(losses.slice(0, 5)));
    expect(trainHead(faces, long).losses).toEqual(losses);
    expect(trainHead(faces, { ...OPTIONS, epochs: 1, seed: 2 }).losses[0]).not.toBe(losses[0]);
  });

  it("goes on from a stored checkpoint as if it had never stopped", () => {
    const checkpoints: Uint8Array[] = [];
    const whole = trainHead(faces, OPTIONS, {
      onEpoch: (state) => checkpoints.push(encodeCheckpoint(state)),
    });
    expect(checkpoints).toHaveLength(4);
    const resumed = trainHead(faces, OPTIONS, { resumeFrom: decodeCheckpoint(checkpoints[1]!) });
    expect(encodeCheckpoint(resumed)).toEqual(encodeCheckpoint(whole));
  });

  it("leaves the state alone from which it resumes", () => {
    const state = trainHead(faces, { ...OPTIONS, epochs: 1 });
    const before = encodeCheckpoint(state);
    trainHead(faces, OPTIONS, { resumeFrom: state });
    expect(encodeCheckpoint(state)).toEqual(before);
  });

  it("refuses what there is nothing to learn from, and checkpoints of another shape", () => {
    const strangers: LabelledFaces = { ...faces, persons: people.map((_, i) => i) };
    expect(() => trainHead(strangers, OPTIONS)).toThrow(/two persons/);
    const state: TrainingState = trainHead(faces, { ...OPTIONS, epochs: 0 });
    const shape = { inputSize: 8, hiddenSize: 20, outputSize: 8 };
    expect(() => trainHead(faces, { ...OPTIONS, shape }, { resumeFrom: state })).toThrow(/another shape/);
  });
});

describe("decodeCheckpoint", () => {
  it("refuses other bytes and parts of a checkpoint", () => {
    const bytes = encodeCheckpoint(trainHead(faces, { ...OPTIONS, epochs: 1 }));
    expect(() => decodeCheckpoint(bytes.subarray(0, -1))).toThrow(/not as long/);
    expect(() => decodeCheckpoint(new TextEncoder().encode("{}\n"))).toThrow(/another kind/);
    expect(() => decodeCheckpoint(new Uint8Array(10))).toThrow(/no checkpoint/);
  });
});
