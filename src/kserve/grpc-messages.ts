import { fileURLToPath } from "node:url";
import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { KeepsightError } from "../core/errors.ts";
import type { InferRequest, InferResponse } from "./inference-service.ts";
import { fromJsonValues } from "./json-values.ts";
import { type FindShared, readPlace, refuseShared, type SharedPlace, toParameters } from "./shared-memory.ts";
import { toWireTensor, type WireTensor } from "./wire-tensor.ts";

/** Messages of the gRPC side, as protobufjs gives them: camel case, 64-bit numbers as numbers, absent fields as zero. */

const PROTO_FILE = fileURLToPath(new URL("./inference.proto", import.meta.url));
const SERVICE = "inference.GRPCInferenceService";

/** A window of HTTP/2 in which a whole tensor fits, so that it need not stop for permission every 64 KB, bytes. */
const FLOW_CONTROL_WINDOW = 32 * 1024 * 1024;

/** Values beside a tensor, each under the name of its type. */
type GrpcParameters = Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>>;

interface GrpcTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly parameters?: GrpcParameters;
  /** By type of value; only one is filled. */
  readonly contents?: Readonly<Record<string, readonly unknown[]>> | null;
}

export interface GrpcInferRequest {
  readonly modelName: string;
  readonly modelVersion: string;
  readonly id: string;
  readonly inputs: readonly GrpcTensor[];
  readonly outputs: readonly { readonly name: string; readonly parameters?: GrpcParameters }[];
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

export interface GrpcRegion {
  readonly name: string;
  readonly key: string;
  readonly offset: number;
  readonly byteSize: number;
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
  readonly SystemSharedMemoryStatus: [
    { readonly name: string },
    { readonly regions: Readonly<Record<string, GrpcRegion>> },
  ];
  readonly SystemSharedMemoryRegister: [GrpcRegion, Record<string, never>];
  readonly SystemSharedMemoryUnregister: [{ readonly name: string }, Record<string, never>];
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

/** Where a tensor lies in shared memory, by its name; undefined for those that travel. */
type PlaceOf = (name: string) => SharedPlace | undefined;

const nowhere: PlaceOf = () => undefined;

/** A request with all tensors as raw bytes, but for those that have a place. */
export function toGrpcRequest(
  { modelName, modelVersion, id, inputs, outputNames }: InferRequest,
  placeOfInput: PlaceOf = nowhere,
  placeOfOutput: PlaceOf = nowhere,
): GrpcInferRequest {
  return {
    modelName,
    modelVersion: modelVersion ?? "",
    id: id ?? "",
    inputs: inputs.map((input) => describe(input, placeOfInput(input.name))),
    outputs: (outputNames ?? []).map((name) => ({ name, ...describePlace(placeOfOutput(name)) })),
    rawInputContents: inputs.flatMap(({ name, data }) => (placeOfInput(name) === undefined ? [data] : [])),
  };
}

/** The request in a message, and where its outputs are to be put. Throws `bad_request` where it breaks the protocol. */
export function fromGrpcRequest(
  message: GrpcInferRequest,
  findShared: FindShared = refuseShared,
): { readonly request: InferRequest; readonly placeOf: PlaceOf } {
  const { modelName, modelVersion, id, inputs, outputs, rawInputContents } = message;
  const parameters = new Map(outputs.map((output) => [output.name, output.parameters]));
  return {
    request: {
      modelName,
      modelVersion: modelVersion || undefined,
      id: id || undefined,
      inputs: readTensors(inputs, rawInputContents, findShared),
      outputNames: outputs.length === 0 ? undefined : outputs.map(({ name }) => name),
    },
    placeOf: (name) => placeIn(name, parameters.get(name)),
  };
}

/** An answer with all tensors as raw bytes, but for those that were put somewhere. */
export function toGrpcResponse(
  { modelName, modelVersion, id, outputs }: InferResponse,
  placeOf: PlaceOf = nowhere,
): GrpcInferResponse {
  return {
    modelName,
    modelVersion: modelVersion ?? "",
    id: id ?? "",
    outputs: outputs.map((output) => describe(output, placeOf(output.name))),
    rawOutputContents: outputs.map((output) =>
      placeOf(output.name) === undefined ? output.data : new Uint8Array(),
    ),
  };
}

/** The answer in a message. Throws `bad_request` where it breaks the protocol. */
export function fromGrpcResponse(
  message: GrpcInferResponse,
  findShared: FindShared = refuseShared,
): InferResponse {
  const { modelName, modelVersion, id, outputs, rawOutputContents } = message;
  return {
    modelName,
    modelVersion: modelVersion || undefined,
    id: id || undefined,
    outputs: readTensors(outputs, rawOutputContents, findShared),
  };
}

function describe({ name, datatype, shape }: WireTensor, place: SharedPlace | undefined): GrpcTensor {
  return { name, datatype, shape, ...describePlace(place) };
}

function describePlace(place: SharedPlace | undefined): { readonly parameters?: GrpcParameters } {
  if (place === undefined) return {};
  const parameters = Object.entries(toParameters(place)).map(
    ([name, value]) =>
      [name, typeof value === "string" ? { stringParam: value } : { int64Param: value }] as const,
  );
  return { parameters: Object.fromEntries(parameters) };
}

function placeIn(name: string, parameters: GrpcParameters | undefined): SharedPlace | undefined {
  const values = Object.entries(parameters ?? {}).flatMap(([key, choice]) =>
    Object.values(choice)
      .slice(0, 1)
      .map((value) => [key, value] as const),
  );
  return readPlace(name, Object.fromEntries(values));
}

/**
 * Raw bytes are for all tensors or for none, those in shared memory left out: requests have no entry for them, and
 * answers an empty one.
 */
function readTensors(
  tensors: readonly GrpcTensor[],
  raw: readonly Uint8Array[],
  findShared: FindShared,
): WireTensor[] {
  const places = tensors.map(({ name, parameters }) => placeIn(name, parameters));
  const isSent = (i: number) => raw.length === tensors.length || places[i] === undefined;
  const sent = tensors.filter((_, i) => isSent(i));
  if (raw.length > 0 && raw.length !== sent.length) {
    throw new KeepsightError(
      "bad_request",
      `There are ${sent.length} tensors, and raw bytes of ${raw.length}.`,
    );
  }
  return tensors.map((tensor, i) => {
    const { name, datatype, shape, contents } = tensor;
    const place = places[i];
    if (place !== undefined) return findShared({ name, datatype, shape }, place);
    const bytes = raw[sent.indexOf(tensor)];
    if (bytes !== undefined) return toWireTensor(name, datatype, shape, bytes);
    const values = Object.values(contents ?? {}).find((list) => list.length > 0) ?? [];
    return fromJsonValues(name, datatype, shape, values);
  });
}
