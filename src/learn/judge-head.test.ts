import { describe, expect, it } from "vitest";
import { createFaceLikePoints } from "../../test/face-like-points.ts";
import { createRandom } from "../math/random.ts";
import { normalizeInPlace } from "../math/vector.ts";
import { trainAndJudge } from "./judge-head.ts";
import type { LabelledFaces, TrainingOptions, TrainingState } from "./train-head.ts";

const SIZE = 16;

const OPTIONS: TrainingOptions = {
  shape: { inputSize: SIZE, hiddenSize: 2 * SIZE, outputSize: SIZE },
  epochs: 25,
  batchSize: 32,
  margin: 0.2,
  mining: "semi-hard",
  optimizer: { kind: "adam", learningRate: 2e-3 },
  seed: 1,
};

/** Faces of which half the dimensions tell nothing about the person: something to learn. */
function createBlurredFaces(noise: number): LabelledFaces {
  const { embeddings, people } = createFaceLikePoints(500, { dimensions: SIZE, largest: 30, seed: 8 });
  const random = createRandom(9);
  for (let i = 0; i < embeddings.length; i += SIZE) {
    const face = embeddings.subarray(i, i + SIZE);
    for (let k = SIZE / 2; k < SIZE; k++) face[k] = (random() - 0.5) * noise;
    normalizeInPlace(face);
  }
  return { embeddings, dimensions: SIZE, persons: people };
}

describe("trainAndJudge", () => {
  it("accepts a head that finds more, also of persons it has not seen", () => {
    const { verdict, state, trainedPersons } = trainAndJudge(createBlurredFaces(1.5), OPTIONS);
    expect(verdict.reason).toMatch(/instead of/);
    expect(verdict.isAccepted).toBe(true);
    expect(verdict.knownPersons!.projected).toBeGreaterThan(verdict.knownPersons!.plain);
    expect(state!.losses).toHaveLength(25);
    expect(trainedPersons.length).toBeGreaterThan(5);
  });

  it("comes to the same verdict when it was stopped and resumed", () => {
    const faces = createBlurredFaces(1.5);
    const options = { ...OPTIONS, epochs: 4 };
    const states: TrainingState[] = [];
    const { verdict } = trainAndJudge(
      faces,
      { ...options, epochs: 2 },
      { onEpoch: (state) => states.push(state) },
    );
    expect(states).toHaveLength(2);
    const resumed = trainAndJudge(faces, options, { resumeFrom: states[1] });
    expect(resumed).toEqual(trainAndJudge(faces, options));
    expect(resumed.verdict).not.toEqual(verdict);
  });

  it("says in figures why a head that does not help is not used", () => {
    const faces = createBlurredFaces(1.5);
    const harmful = { ...OPTIONS, optimizer: { kind: "adam", learningRate: 5 } as const, epochs: 2 };
    const { verdict } = trainAndJudge(faces, harmful);
    expect(verdict.isAccepted).toBe(false);
    expect(verdict.reason).toMatch(
      /%.*plain embeddings.*%: it (does not help|has learnt its persons by heart)/,
    );
  });

  it("says what is missing when there are too few persons", () => {
    const few = createFaceLikePoints(30, { dimensions: SIZE });
    const { verdict, state } = trainAndJudge(
      { embeddings: few.embeddings, dimensions: SIZE, persons: few.people },
      OPTIONS,
    );
    expect(verdict).toEqual({
      isAccepted: false,
      reason: expect.stringContaining("10 persons with 5 confirmed"),
    });
    expect(state).toBeUndefined();
  });
});
