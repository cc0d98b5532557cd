import { KeepsightError } from "../core/errors.ts";
import type { InferenceSession, Tensor } from "../onnx/session.ts";

/** A float32 tensor as a model gave it. */
export interface FloatOutput {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/**
 * The first output of a model with one input, both taken by position because exports name them as they like. Throws
 * `model_invalid` when the model gives something else than float32.
 */
export async function runSingle(session: InferenceSession, input: Tensor): Promise<FloatOutput> {
  const inputName = session.inputNames[0] ?? "";
  return firstOutput(session, await session.run({ [inputName]: input }));
}

/** The first of the outputs that a run gave. Throws `model_invalid` when it is something else than float32. */
export function firstOutput(
  { outputNames }: Pick<InferenceSession, "outputNames">,
  outputs: Readonly<Record<string, Tensor>>,
): FloatOutput {
  const name = outputNames[0] ?? "";
  const output = outputs[name];
  if (output === undefined || !(output.data instanceof Float32Array)) {
    throw new KeepsightError(
      "model_invalid",
      `The model's output "${name}" is ${output?.type ?? "missing"} where float32 is expected. Pull the model again.`,
    );
  }
  return { data: output.data, dims: output.dims };
}
