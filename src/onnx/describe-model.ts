import { InferenceSession as OrtSession } from "onnxruntime-node";
import { KeepsightError } from "../core/errors.ts";

/** An input or output of a model as its file declares it. */
export interface TensorSignature {
  readonly name: string;
  /** Element type in the runtime's words, such as `float32`. */
  readonly type: string;
  /** −1 where an axis is dynamic. */
  readonly shape: readonly number[];
}

export interface ModelSignature {
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
}

/**
 * What a model takes and gives, from the runtime that would run it: whoever is described can be loaded. Blocks the event
 * loop while the file is read. Throws `model_invalid` for what is no model, or one with inputs other than tensors.
 */
export async function describeModel(path: string): Promise<ModelSignature> {
  let session: OrtSession | undefined;
  try {
    session = await OrtSession.create(path, {
      executionProviders: ["cpu"],
      // Not run, so nothing is optimised: a tenth of the time.
      graphOptimizationLevel: "disabled",
      intraOpNumThreads: 1,
      logSeverityLevel: 3,
    });
    return {
      inputs: session.inputMetadata.map(toSignature),
      outputs: session.outputMetadata.map(toSignature),
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KeepsightError("model_invalid", `${path} cannot be loaded as an ONNX model (${reason}).`, {
      cause: error,
    });
  } finally {
    await session?.release();
  }
}

function toSignature(value: OrtSession.ValueMetadata): TensorSignature {
  if (!value.isTensor) throw new Error(`"${value.name}" is not a tensor`);
  const { name, type, shape } = value;
  return { name, type, shape: shape.map((axis) => (typeof axis === "number" && axis >= 0 ? axis : -1)) };
}
