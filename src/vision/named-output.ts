import { KeepsightError } from "../core/errors.ts";
import type { InferenceSession, Tensor } from "../onnx/session.ts";
import type { FloatOutput } from "./run-single.ts";

/**
 * The output of that name, or the first where none is named, as 32-bit floats. Throws `model_invalid` when there is no such
 * output, or when it holds no floats.
 */
export function namedOutput(
  { outputNames }: Pick<InferenceSession, "outputNames">,
  outputs: Readonly<Record<string, Tensor>>,
  name: string = outputNames[0] ?? "",
): FloatOutput {
  const output = outputs[name];
  if (output === undefined) {
    throw new KeepsightError(
      "model_invalid",
      `The model has no output "${name}", only ${outputNames.join(", ")}. Its catalogue entry is for another export.`,
    );
  }
  return { data: toFloats(output, name), dims: output.dims };
}

function toFloats({ type, data }: Tensor, name: string): Float32Array {
  if (data instanceof Float32Array) return data;
  if (type === "float16")
    return Float32Array.from(new Float16Array(data.buffer, data.byteOffset, data.length));
  throw new KeepsightError(
    "model_invalid",
    `The model's output "${name}" is ${type} where floats are expected.`,
  );
}
