import type { ScoredBox } from "../../math/non-maximum-suppression.ts";

/** A box in pixels of the model's input with its class. */
export interface ObjectCandidate extends ScoredBox {
  readonly classIndex: number;
}

/** Which boxes a decoder lets through. */
export interface DecodeOptions {
  /** Side of the square model input, pixels. */
  readonly inputSize: number;
  readonly scoreThreshold: number;
  /** `best`: one class a cell or query, for use. `all`: every class above the threshold, as benchmarks count. */
  readonly classesPerCell: "best" | "all";
}
