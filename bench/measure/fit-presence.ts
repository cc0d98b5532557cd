import type { ClassPresenceSettings } from "../../src/onnx/model-settings.ts";
import type { ClassEvidence } from "../../src/vision/object/class-presence.ts";

/**
 * Calibration of "the photo shows this class": logistic regression with an offset a class, by Newton's method. Offsets are
 * drawn from a normal distribution round 0, so that a class of which few photos speak stays near its detector's common
 * curve (partial pooling; Gelman and Hill 2007, chapter 12). Cost: O(steps · samples · (4 + classes)²).
 */

/** The boxes of one class in one photo, and whether the photo shows the class. */
export interface PresenceSample {
  readonly photo: number;
  readonly label: string;
  readonly evidence: ClassEvidence;
  readonly isShown: boolean;
}

export type PresenceWeights = Pick<
  ClassPresenceSettings,
  "intercept" | "best" | "second" | "area" | "classes"
>;

/**
 * Standard deviation of the offsets, in logits. Of .01, .3, .6, 1 and 2 the larger ones fit these photos better and others
 * worse: left out one at a time, the log-loss falls until .6 and the precision of the search only until .3.
 */
const OFFSET_DEVIATION = 0.3;
/** Keeps the weights finite where the samples can be told apart perfectly. */
const WEIGHT_PENALTY = 0.1;
const STEPS = 12;
const WEIGHTS = 4;

/** The weights under which the samples are likeliest. */
export function fitPresence(samples: readonly PresenceSample[]): PresenceWeights {
  const labels = [...new Set(samples.map(({ label }) => label))].toSorted();
  const position = new Map(labels.map((label, i) => [label, WEIGHTS + i]));
  const size = WEIGHTS + labels.length;
  const penalties = Array.from({ length: size }, (_, i) =>
    i < WEIGHTS ? (i < 2 ? 1e-6 : WEIGHT_PENALTY) : 1 / OFFSET_DEVIATION ** 2,
  );
  let weights = Array.from({ length: size }, () => 0);
  for (let step = 0; step < STEPS; step++) {
    const gradient = weights.map((weight, i) => weight * penalties[i]!);
    const curvature = penalties.map((penalty, i) =>
      Array.from({ length: size }, (_, j) => (i === j ? penalty : 0)),
    );
    for (const { label, evidence, isShown } of samples) {
      const terms: [number, number][] = [
        [0, 1],
        [1, evidence.best],
        [2, evidence.second],
        [3, evidence.area],
        [position.get(label)!, 1],
      ];
      const sum = terms.reduce((total, [i, value]) => total + weights[i]! * value, 0);
      const chance = 1 / (1 + Math.exp(-sum));
      for (const [i, a] of terms) {
        gradient[i]! += a * (chance - Number(isShown));
        for (const [j, b] of terms) curvature[i]![j]! += a * b * chance * (1 - chance);
      }
    }
    const change = solve(curvature, gradient);
    weights = weights.map((weight, i) => weight - change[i]!);
  }
  const [intercept = 0, best = 0, second = 0, area = 0] = weights;
  const offsets = labels.map((label) => [label, weights[position.get(label)!]!] as const);
  return { intercept, best, second, area, classes: Object.fromEntries(offsets) };
}

/** x of matrix · x = right, for a positive definite matrix: Gaussian elimination, in place of both. */
function solve(matrix: number[][], right: number[]): number[] {
  const size = right.length;
  for (let pivot = 0; pivot < size; pivot++) {
    for (let row = pivot + 1; row < size; row++) {
      const factor = matrix[row]![pivot]! / matrix[pivot]![pivot]!;
      if (factor === 0) continue;
      for (let column = pivot; column < size; column++) {
        matrix[row]![column]! -= factor * matrix[pivot]![column]!;
      }
      right[row]! -= factor * right[pivot]!;
    }
  }
  for (let row = size - 1; row >= 0; row--) {
    for (let column = row + 1; column < size; column++) right[row]! -= matrix[row]![column]! * right[column]!;
    right[row]! /= matrix[row]![row]!;
  }
  return right;
}
