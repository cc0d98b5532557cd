import { KeepsightError } from "../../core/errors.ts";
import { normalize } from "../../math/vector.ts";
import type { FloatOutput } from "../run-single.ts";

/** A tower's output, L2-normalised. Throws `model_invalid` when it has other dimensions than the settings say. */
export function toEmbedding(
  { data }: FloatOutput,
  dimensions: number,
  tower: "image" | "text",
): Float32Array {
  if (data.length === dimensions) return normalize(data);
  throw new KeepsightError(
    "model_invalid",
    `The ${tower} encoder gave ${data.length} numbers where its catalogue entry says ${dimensions}.`,
  );
}
