import { stat } from "node:fs/promises";

import { InferenceSession as OrtSession, Tensor as OrtTensor } from "onnxruntime-node";

import { isFileMissing, KeepsightError } from "../core/errors.ts";
import type { InferenceSession, Tensor } from "./session.ts";

/** Severity of ONNX Runtime's own log from which on it writes to stderr: errors. */
const LOG_ERRORS = 3;

/**
 * A session of ONNX Runtime on the CPU for the model at `path`, which is loaded by path: a buffer would add the file's
 * size to the peak memory. Creating and running block the event loop, so this belongs into an analyser process.
 *
 * One thread by default: processes scale better than threads inside a session, and threads never spin, because spinning
 * ones take the CPU from the other processes.
 *
 * @throws KeepsightError `model_missing` when there is no such file, `model_invalid` when it is not a model that can be
 *   loaded, or when a run is given or gives tensors that do not fit.
 */
export async function createSession(
  path: string,
  options: { threads?: number } = {},
): Promise<InferenceSession> {
  await assertFile(path);
  const session = await loadModel(path, options.threads ?? 1);
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    inputShapes: readInputShapes(session),
    inputTypes: readInputTypes(session),
    async run(feeds) {
      const outputs = await runModel(session, path, feeds);
      return Object.fromEntries(
        Object.entries(outputs).map(([name, output]) => [name, fromOrtTensor(output, name, path)]),
      );
    },
    release: () => session.release(),
  };
}

async function assertFile(path: string): Promise<void> {
  const stats = await stat(path).catch((error: unknown) => {
    if (!isFileMissing(error))
      throw new KeepsightError("file_unreadable", `Cannot read ${path}`, { cause: error });
    return undefined;
  });
  if (stats === undefined) throw new KeepsightError("model_missing", `There is no model file ${path}`);
  if (!stats.isFile())
    throw new KeepsightError("model_invalid", `${path} is not a file, so it cannot be a model`);
}

async function loadModel(path: string, threads: number): Promise<OrtSession> {
  try {
    return await OrtSession.create(path, {
      executionProviders: ["cpu"],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      // A pattern is remembered for every shape of input, and text lines have hundreds: 150 of 670 MB after a dozen photos.
      enableMemPattern: false,
      logSeverityLevel: LOG_ERRORS,
      extra: { session: { intra_op: { allow_spinning: "0" }, inter_op: { allow_spinning: "0" } } },
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KeepsightError(
      "model_invalid",
      `${path} cannot be loaded as an ONNX model (${reason}). Fetch it again with "keepsight models pull".`,
      { cause: error },
    );
  }
}

function readInputShapes(session: OrtSession): Record<string, readonly number[]> {
  return Object.fromEntries(
    session.inputMetadata.flatMap((input) =>
      input.isTensor ? [[input.name, input.shape.map((axis) => (typeof axis === "number" ? axis : -1))]] : [],
    ),
  );
}

function readInputTypes(session: OrtSession): Record<string, string> {
  return Object.fromEntries(
    session.inputMetadata.flatMap((input) => (input.isTensor ? [[input.name, input.type]] : [])),
  );
}

async function runModel(
  session: OrtSession,
  path: string,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<OrtSession.ReturnType> {
  try {
    return await session.run(
      Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toOrtTensor(tensor)])),
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KeepsightError("model_invalid", `Running the model ${path} failed: ${reason}`, {
      cause: error,
    });
  }
}

function toOrtTensor(tensor: Tensor): OrtTensor {
  const ortTensor = new OrtTensor(tensor.type, tensor.data, tensor.dims);
  // The class turns half floats into Float16Array, of which the binding of 1.30 sees an empty array: it wants the bits.
  if (tensor.type === "float16") Object.defineProperty(ortTensor, "data", { value: tensor.data });
  return ortTensor;
}

function fromOrtTensor(output: OrtTensor, name: string, path: string): Tensor {
  const { data, dims } = output;
  switch (output.type) {
    case "float32":
    case "int32":
    case "int64":
    case "uint8":
      return { type: output.type, data: data as Tensor["data"], dims };
    case "float16": {
      // The runtime hands out Float16Array where the engine has it; our contract is the raw bits.
      const { buffer, byteOffset, length } = data as Uint16Array;
      return { type: "float16", data: new Uint16Array(buffer, byteOffset, length), dims };
    }
    default:
      throw new KeepsightError(
        "model_invalid",
        `Output "${name}" of ${path} has the unsupported type ${output.type}`,
      );
  }
}
