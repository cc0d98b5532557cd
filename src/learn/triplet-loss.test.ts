import { describe, expect, it, test } from "vitest";
import { hasShared, readSharedJson } from "../../test/shared-files.ts";
import { createOptimizerState, type OptimizerOptions, takeStep } from "./optimizer.ts";
import { type ProjectionHead, projectBackward, projectForward } from "./projection-head.ts";
import { computeTripletLoss, type Triplet, type TripletDistance } from "./triplet-loss.ts";

interface Parameters {
  readonly w1: readonly number[][];
  readonly b1: readonly number[];
  readonly w2: readonly number[][];
  readonly b2: readonly number[];
}

interface Training {
  readonly lr: number;
  readonly momentum: number | null;
  readonly weight_decay: number;
  readonly loss_history: readonly number[];
  readonly params_after: Readonly<Record<string, Parameters>>;
}

interface Vectors {
  readonly dims: readonly [number, number, number];
  readonly params: Parameters;
  readonly anchor: readonly number[][];
  readonly positive: readonly number[][];
  readonly negative: readonly number[][];
  readonly margin: number;
  readonly loss: Readonly<Record<"sq" | "l2" | "cos", { value: number; grads: Parameters }>>;
  readonly sgd: Training;
  readonly adam: Training;
  readonly adamw: Training;
}

const FILE = "conformance/triplet/small.json";
const vectors = hasShared("triplet loss against the reference", FILE)
  ? readSharedJson<Vectors>(FILE)
  : undefined;

function toArrays({ w1, b1, w2, b2 }: Parameters): Float64Array[] {
  return [w1.flat(), b1, w2.flat(), b2].map((values) => Float64Array.from(values));
}

function expectClose(
  actual: readonly Float64Array[],
  expected: readonly Float64Array[],
  tolerance: number,
): void {
  actual.forEach((values, p) =>
    values.forEach((value, k) => expect(Math.abs(value - expected[p]![k]!)).toBeLessThanOrEqual(tolerance)),
  );
}

if (vectors !== undefined)
  describe("triplet training against the reference", () => {
    const { dims, params, anchor, positive, negative, margin, loss, ...trainings } = vectors;
    const [inputSize, hiddenSize, outputSize] = dims;
    const createHead = (): ProjectionHead => ({
      inputSize,
      hiddenSize,
      outputSize,
      parameters: toArrays(params),
    });
    const inputs = Float64Array.from([...anchor, ...positive, ...negative].flat());
    const count = anchor.length;
    const triplets: Triplet[] = anchor.map((_, i) => ({
      anchor: i,
      positive: count + i,
      negative: 2 * count + i,
    }));

    function lossAndGradients(head: ProjectionHead, distance: TripletDistance) {
      const outputs = projectForward(head, inputs);
      const found = computeTripletLoss(outputs.embeddings, outputSize, triplets, { margin, distance });
      return { loss: found.loss, gradients: projectBackward(head, outputs, found.gradients) };
    }

    test.each([
      ["sq", "squared"],
      ["l2", "euclidean"],
      ["cos", "cosine"],
    ] as const)("loss and gradients, %s", (name, distance) => {
      const found = lossAndGradients(createHead(), distance);
      expect(Math.abs(found.loss - loss[name].value)).toBeLessThanOrEqual(1e-9);
      expectClose(found.gradients, toArrays(loss[name].grads), 1e-9);
    });

    test.each(["sgd", "adam", "adamw"] as const)("30 steps of %s", (kind) => {
      const training = trainings[kind];
      const options = {
        kind,
        learningRate: training.lr,
        momentum: training.momentum ?? 0,
        weightDecay: training.weight_decay,
      } as OptimizerOptions;
      const head = createHead();
      const state = createOptimizerState(head.parameters);
      training.loss_history.forEach((expected, step) => {
        const found = lossAndGradients(head, "squared");
        expect(Math.abs(found.loss - expected), `step ${step}`).toBeLessThanOrEqual(1e-9);
        takeStep(head.parameters, found.gradients, state, options);
        const after = training.params_after[String(step + 1)];
        if (after !== undefined) expectClose(head.parameters, toArrays(after), 1e-9);
      });
    });
  });

describe("computeTripletLoss", () => {
  it("is 0 without triplets, and for those that keep the margin", () => {
    const embeddings = Float64Array.of(1, 0, 1, 0, -1, 0);
    expect(computeTripletLoss(embeddings, 2, [], { margin: 0.2 }).loss).toBe(0);
    const kept = computeTripletLoss(embeddings, 2, [{ anchor: 0, positive: 1, negative: 2 }], {
      margin: 0.2,
    });
    expect(kept.loss).toBe(0);
    expect([...kept.gradients]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
