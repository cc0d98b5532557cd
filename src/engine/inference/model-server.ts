import { KeepsightError, toKeepsightError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import { batchRequests, type BatchOptions } from "../../kserve/batch-requests.ts";
import type {
  InferenceService,
  InferRequest,
  InferResponse,
  ModelMetadata,
  TensorMetadata,
} from "../../kserve/inference-service.ts";
import type { WireTensor } from "../../kserve/wire-tensor.ts";
import type { ModelSignature, TensorSignature } from "../../onnx/describe-model.ts";
import type { ServedFile } from "../../onnx/kserve/served-name.ts";
import { fitsShape } from "../../onnx/kserve/served-session.ts";
import { toDatatype } from "../../onnx/kserve/wire-conversion.ts";
import { quantisesActivations } from "../../onnx/quantises-activations.ts";
import type { InferencePool } from "./inference-pool.ts";
import type { InferenceWorker } from "./inference-worker.ts";

/** The one version that each model has here. */
const VERSION = "1";

/** What Triton calls models of this kind. */
const PLATFORM = "onnxruntime_onnx";

export interface ModelServerOptions {
  readonly files: readonly ServedFile[];
  readonly pool: InferencePool;
  /** A process of its own that looks at the models one after the other, and is closed then. */
  readonly describer: Pick<InferenceWorker, "describe" | "close">;
  /** How requests are run together; absent: each by itself. */
  readonly batching?: Pick<BatchOptions, "maxRows" | "delayMs"> | undefined;
  readonly version: string;
  readonly logger: Logger;
  /** Called after each run with its time in the process, milliseconds, and the rows that it had. */
  readonly onRun?: (modelName: string, runMs: number, rows: number) => void;
}

/** The server side of the protocol over inference processes. */
export interface ModelServer extends InferenceService {
  /** Looks at all models; each can be run as soon as it was seen. Resolves when all were. */
  start(): Promise<void>;
  close(): Promise<void>;
}

type Infer = (request: InferRequest) => Promise<InferResponse>;

/** A model that was looked at: how to run it, or why it cannot be run. */
type KnownModel = { readonly metadata: ModelMetadata; readonly infer: Infer } | { readonly reason: string };

/** Serves models from files on this machine; see {@link ModelServer}. */
export function createModelServer(options: ModelServerOptions): ModelServer {
  const { files, pool, describer, batching, logger } = options;
  const known = new Map<string, KnownModel>();
  let isComplete = false;

  async function start(): Promise<void> {
    try {
      for (const file of files) known.set(file.name, await look(file));
      isComplete = true;
    } finally {
      await describer.close();
    }
  }

  async function look(file: ServedFile): Promise<KnownModel> {
    try {
      const metadata = toMetadata(file.name, await describer.describe(file.path));
      const infer = (request: InferRequest) => run(file, request);
      const canBatch =
        batching !== undefined && isBatchable(metadata) && !(await quantisesActivations(file.path));
      return {
        metadata,
        infer: canBatch ? batchRequests(infer, { ...batching, maxRuns: pool.size }) : infer,
      };
    } catch (error) {
      const reason = toKeepsightError(error).message;
      logger.warn({ model: file.name, reason }, "model cannot be served");
      return { reason };
    }
  }

  async function run({ name, path }: ServedFile, request: InferRequest): Promise<InferResponse> {
    const { outputs, runMs } = await pool.run(path, request.inputs, request.outputPlaces);
    options.onRun?.(name, runMs, request.inputs[0]?.shape[0] ?? 1);
    return { modelName: name, modelVersion: VERSION, id: request.id, outputs };
  }

  /** Throws `not_found` for an unknown model, `unavailable` for one that cannot be run, or not yet. */
  function find(name: string, version: string | undefined) {
    if (!files.some((file) => file.name === name) || (version !== undefined && version !== VERSION)) {
      const wanted = version === undefined ? `"${name}"` : `"${name}" in version ${version}`;
      throw new KeepsightError("not_found", `There is no model ${wanted} here.`);
    }
    const model = known.get(name);
    if (model === undefined) throw new KeepsightError("unavailable", `The model "${name}" is being loaded.`);
    if ("metadata" in model) return model;
    throw new KeepsightError("unavailable", `The model "${name}" cannot be run: ${model.reason}`);
  }

  return {
    start,
    isLive: async () => true,
    isReady: async () => isComplete,
    async isModelReady(name, version) {
      try {
        find(name, version);
        return true;
      } catch (error) {
        if (toKeepsightError(error).code === "unavailable") return false;
        throw error;
      }
    },
    serverMetadata: async () => ({
      name: "keepsight",
      version: options.version,
      extensions: ["binary_tensor_data"],
    }),
    modelMetadata: async (name, version) => find(name, version).metadata,
    async infer(request) {
      const { metadata, infer } = find(request.modelName, request.modelVersion);
      const inputs = checkInputs(metadata, request.inputs);
      const wanted = checkOutputs(metadata, request.outputNames);
      // All outputs come out of the run anyway, and requests that want different ones can be run together.
      const response = await infer({ ...request, inputs, outputNames: undefined });
      return {
        ...response,
        outputs: wanted.map((name) => response.outputs.find((output) => output.name === name)!),
      };
    },
    async close() {
      await Promise.all([pool.close(), describer.close()]);
    },
  };
}

function toMetadata(name: string, { inputs, outputs }: ModelSignature): ModelMetadata {
  const describe = (tensor: TensorSignature): TensorMetadata => {
    const datatype = toDatatype(tensor.type);
    if (datatype !== undefined) return { name: tensor.name, datatype, shape: tensor.shape };
    throw new KeepsightError(
      "model_invalid",
      `"${tensor.name}" has the type ${tensor.type}, which cannot be carried.`,
    );
  };
  return {
    name,
    versions: [VERSION],
    platform: PLATFORM,
    inputs: inputs.map(describe),
    outputs: outputs.map(describe),
  };
}

/** Whether the first axis of every input and output is free, so that it may be a batch. */
function isBatchable({ inputs, outputs }: ModelMetadata): boolean {
  return [...inputs, ...outputs].every(({ shape }) => shape[0] === -1);
}

/** The inputs in the model's order. Throws `bad_request` where one is missing, unknown or of another type or shape. */
function checkInputs({ name, inputs }: ModelMetadata, given: readonly WireTensor[]): WireTensor[] {
  const names = inputs.map((input) => input.name);
  const stranger = given.find((tensor, i) => {
    return !names.includes(tensor.name) || given.findIndex((other) => other.name === tensor.name) !== i;
  });
  if (stranger !== undefined) {
    throw new KeepsightError(
      "bad_request",
      `"${stranger.name}" is given twice or no input of "${name}"; its inputs are ${names.join(", ")}.`,
    );
  }
  return inputs.map((input) => {
    const tensor = given.find((candidate) => candidate.name === input.name);
    if (tensor === undefined)
      throw new KeepsightError("bad_request", `Input "${input.name}" of "${name}" is missing.`);
    if (fitsInput(tensor, input)) return tensor;
    throw new KeepsightError(
      "bad_request",
      `Input "${input.name}" of "${name}" is ${tensor.datatype} [${tensor.shape.join(", ")}] where ${input.datatype} ` +
        `[${input.shape.join(", ")}] is wanted (-1: any length from 1).`,
    );
  });
}

function fitsInput({ datatype, shape }: WireTensor, input: TensorMetadata): boolean {
  return datatype === input.datatype && shape.every((axis) => axis > 0) && fitsShape(shape, input.shape);
}

/** Names of the outputs to give back. Throws `bad_request` for one that the model does not have. */
function checkOutputs(
  { name, outputs }: ModelMetadata,
  wanted: readonly string[] | undefined,
): readonly string[] {
  const names = outputs.map((output) => output.name);
  const unknown = wanted?.find((output) => !names.includes(output));
  if (unknown === undefined) return wanted ?? names;
  throw new KeepsightError(
    "bad_request",
    `"${unknown}" is no output of "${name}"; its outputs are ${names.join(", ")}.`,
  );
}
