import { fileURLToPath } from "node:url";
import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { KeepsightError } from "../core/errors.ts";
import type { InferRequest, InferResponse } from "./inference-service.ts";
import { fromJsonValues } from "./json-values.ts";
import { toWireTensor, type WireTensor } from "./wire-tensor.ts";

/** Messages of the gRPC side, as protobufjs gives them: camel case, 64-bit numbers as numbers, absent fields as zero. */

const PROTO_FILE = fileURLToPath(new URL("./inference.proto", import.meta.url));
const SERVICE = "inference.GRPCInferenceService";

/** A window of HTTP/2 in which a whole tensor fits, so that it need not stop for permission every 64 KB, bytes. */
const FLOW_CONTROL_WINDOW = 32 * 1024 * 1024;

interface GrpcTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  /** By type of value; only one is filled. */
  readonly contents?: Readonly<Record<string, readonly unknown[]>> | null;
}

export interface GrpcInferRequest {
  readonly modelName: string;
  readonly modelVersion: string;
  readonly id: string;
  readonly inputs: readonly GrpcTensor[];
  readonly outputs: readonly { readonly name: string }[];
  readonly rawInputContents: readonly Uint8Array[];
}

export interface GrpcInferResponse {
  readonly modelName: string;
  readonly modelVersion: string;
  readonly id: string;
  readonly outputs: readonly GrpcTensor[];
  readonly rawOutputContents: readonly Uint8Array[];
}

export interface GrpcModelRequest {
  readonly name: string;
  readonly version: string;
}

/** The methods of the service and what they take and give. */
export interface GrpcMethods {
  readonly ServerLive: [Record<string, never>, { readonly live: boolean }];
  readonly ServerReady: [Record<string, never>, { readonly ready: boolean }];
  readonly ModelReady: [GrpcModelRequest, { readonly ready: boolean }];
  readonly ServerMetadata: [
    Record<string, never>,
    { readonly name: string; readonly version: string; readonly extensions: readonly string[] },
  ];
  readonly ModelMetadata: [
    GrpcModelRequest,
    {
      readonly name: string;
      readonly versions: readonly string[];
      readonly platform: string;
      readonly inputs: readonly GrpcTensor[];
      readonly outputs: readonly GrpcTensor[];
    },
  ];
  readonly ModelInfer: [GrpcInferRequest, GrpcInferResponse];
}

export type GrpcService = {
  readonly [Name in keyof GrpcMethods]: MethodDefinition<GrpcMethods[Name][0], GrpcMethods[Name][1]>;
};

/** The service as inference.proto beside this file describes it. */
export function loadGrpcService(): GrpcService {
  const definition = loadSync(PROTO_FILE, { longs: Number, defaults: true });
  return definition[SERVICE] as ServiceDefinition as unknown as GrpcService;
}

/** Settings of a channel on either side. */
export function channelOptions(maxMessageBytes: number): Record<string, number> {
  return {
    "grpc.max_receive_message_length": maxMessageBytes,
    "grpc.max_send_message_length": -1,
    "grpc-node.flow_control_window": FLOW_CONTROL_WINDOW,
  };
}

/** A request with all tensors as raw bytes. */
export function toGrpcRequest({
  modelName,
  modelVersion,
  id,
  inputs,
  outputNames,
}: InferRequest): GrpcInferRequest {
  return {
    modelName,
    modelVersion: modelVersion ?? "",
    id: id ?? "",
    inputs: inputs.map(describe),
    outputs: (outputNames ?? []).map((name) => ({ name })),
    rawInputContents: inputs.map(({ data }) => data),
  };
}

/** The request in a message. Throws `bad_request` where it breaks the protocol. */
export function fromGrpcRequest(message: GrpcInferRequest): InferRequest {
  const { modelName, modelVersion, id, inputs, outputs, rawInputContents } = message;
  return {
    modelName,
    modelVersion: modelVersion || undefined,
    id: id || undefined,
    inputs: readTensors(inputs, rawInputContents),
    outputNames: outputs.length === 0 ? undefined : outputs.map(({ name }) => name),
  };
}

/** An answer with all tensors as raw bytes. */
export function toGrpcResponse({ modelName, modelVersion, id, outputs }: InferResponse): GrpcInferResponse {
  return {
    modelName,
    modelVersion: modelVersion ?? "",
    id: id ?? "",
    outputs: outputs.map(describe),
    rawOutputContents: outputs.map(({ data }) => data),
  };
}

/** The answer in a message. Throws `bad_request` where it breaks the protocol. */
export function fromGrpcResponse(message: GrpcInferResponse): InferResponse {
  const { modelName, modelVersion, id, outputs, rawOutputContents } = message;
  return {
    modelName,
    modelVersion: modelVersion || undefined,
    id: id || undefined,
    outputs: readTensors(outputs, rawOutputContents),
  };
}

function describe({ name, datatype, shape }: WireTensor): GrpcTensor {
  return { name, datatype, shape };
}

/** Raw bytes are for all tensors or for none. */
function readTensors(tensors: readonly GrpcTensor[], raw: readonly Uint8Array[]): WireTensor[] {
  if (raw.length > 0 && raw.length !== tensors.length) {
    throw new KeepsightError(
      "bad_request",
      `There are ${tensors.length} tensors, and raw bytes of ${raw.length}.`,
    );
  }
  return tensors.map(({ name, datatype, shape, contents }, i) => {
    const bytes = raw[i];
    if (bytes !== undefined) return toWireTensor(name, datatype, shape, bytes);
    const values = Object.values(contents ?? {}).find((list) => list.length > 0) ?? [];
    return fromJsonValues(name, datatype, shape, values);
  });
}
