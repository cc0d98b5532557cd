import { KeepsightError } from "../../core/errors.ts";
import type { InferenceService, ModelMetadata, TensorMetadata } from "../../kserve/inference-service.ts";
import type { WireTensor } from "../../kserve/wire-tensor.ts";
import type { InferenceSession, Tensor } from "../session.ts";
import { fromWire, toElementType, toWire } from "./wire-conversion.ts";

/**
 * A session of a model that another process or machine runs. Inputs and outputs have the order in which the server names
 * them. Throws `unavailable` when the server cannot be reached or does not have the model (it may have it later), and
 * when its answers are not what the model's description promises; `model_invalid` when it refuses what it is given.
 */
export async function createServedSession(
  service: InferenceService,
  name: string,
): Promise<InferenceSession> {
  const metadata = await readMetadata(service, name);
  return {
    inputNames: metadata.inputs.map((input) => input.name),
    outputNames: metadata.outputs.map((output) => output.name),
    inputShapes: Object.fromEntries(metadata.inputs.map((input) => [input.name, input.shape])),
    inputTypes: Object.fromEntries(
      metadata.inputs.map((input) => [input.name, toElementType(input.datatype)]),
    ),
    async run(feeds) {
      const inputs = Object.entries(feeds).map(([input, tensor]) => toWire(input, tensor));
      const { outputs } = await infer(service, name, inputs);
      return Object.fromEntries(
        metadata.outputs.map((expected) => [expected.name, readOutput(name, expected, outputs)]),
      );
    },
    // Nothing is held here.
    release: () => Promise.resolve(),
  };
}

async function readMetadata(service: InferenceService, name: string): Promise<ModelMetadata> {
  try {
    return await service.modelMetadata(name);
  } catch (error) {
    if (!(error instanceof KeepsightError) || error.code !== "not_found") throw error;
    throw new KeepsightError(
      "unavailable",
      `The inference server does not have the model "${name}" (${error.message}). Add it there, or name the models it ` +
        "has in KEEPSIGHT_INFERENCE_MODELS.",
      { cause: error },
    );
  }
}

async function infer(service: InferenceService, modelName: string, inputs: readonly WireTensor[]) {
  try {
    return await service.infer({ modelName, inputs });
  } catch (error) {
    if (!(error instanceof KeepsightError)) throw error;
    if (error.code === "bad_request") {
      throw new KeepsightError("model_invalid", `Running "${modelName}" was refused: ${error.message}`, {
        cause: error,
      });
    }
    // A model that was there and is not now comes back with its server.
    if (error.code !== "not_found") throw error;
    throw new KeepsightError("unavailable", error.message, { cause: error });
  }
}

/** The output with this description among those of an answer. */
function readOutput(modelName: string, expected: TensorMetadata, outputs: readonly WireTensor[]): Tensor {
  const output = outputs.find(({ name }) => name === expected.name);
  const fits =
    output !== undefined && output.datatype === expected.datatype && fitsShape(output.shape, expected.shape);
  if (fits) return fromWire(output);
  const given = output === undefined ? "nothing" : `${output.datatype} [${output.shape.join(", ")}]`;
  throw new KeepsightError(
    "unavailable",
    `The inference server gave ${given} as output "${expected.name}" of "${modelName}" where its own description says ` +
      `${expected.datatype} [${expected.shape.join(", ")}].`,
  );
}

/** Whether a shape is one of those that a declaration allows, where −1 stands for any length. */
export function fitsShape(shape: readonly number[], declared: readonly number[]): boolean {
  return shape.length === declared.length && declared.every((axis, i) => axis === -1 || axis === shape[i]);
}
