import type { InferenceSession, Tensor } from "../onnx/session.ts";

/** The tensor in the precision that the session declares for its input of that name: half, or as it is. */
export function asDeclared(session: InferenceSession, name: string, tensor: Tensor): Tensor {
  if (session.inputTypes?.[name] !== "float16" || !(tensor.data instanceof Float32Array)) return tensor;
  return { ...tensor, type: "float16", data: new Uint16Array(new Float16Array(tensor.data).buffer) };
}
