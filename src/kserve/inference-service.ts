import type { FileRoom, WireTensor } from "./wire-tensor.ts";

/**
 * The Open Inference Protocol (KServe v2) as one interface: those who ask (HTTP and gRPC clients) and those who answer
 * have it in common, so that retrying, batching and both transports are written once.
 */

/** An input or output as a model declares it; −1 where an axis is dynamic. */
export interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

export interface ServerMetadata {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

/** One run of one model. */
export interface InferRequest {
  readonly modelName: string;
  /** Absent: the version the server thinks best. */
  readonly modelVersion?: string | undefined;
  /** Comes back with the answer. */
  readonly id?: string | undefined;
  readonly inputs: readonly WireTensor[];
  /** Names of the outputs wanted; absent: all. */
  readonly outputNames?: readonly string[] | undefined;
  /** Where outputs may be put at once, by name; those that were there say so by their own place. */
  readonly outputPlaces?: ReadonlyMap<string, FileRoom> | undefined;
}

export interface InferResponse {
  readonly modelName: string;
  readonly modelVersion?: string | undefined;
  readonly id?: string | undefined;
  readonly outputs: readonly WireTensor[];
}

/**
 * A server of models, far or near. Everything throws KeepsightError: `not_found` for an unknown model or version,
 * `bad_request` for inputs that do not fit, `unavailable` for what may work later.
 */
export interface InferenceService {
  isLive(): Promise<boolean>;
  /** Whether all models that it has can be run. */
  isReady(): Promise<boolean>;
  isModelReady(name: string, version?: string): Promise<boolean>;
  serverMetadata(): Promise<ServerMetadata>;
  modelMetadata(name: string, version?: string): Promise<ModelMetadata>;
  infer(request: InferRequest): Promise<InferResponse>;
}

/** A service reached over a connection. */
export interface InferenceClient extends InferenceService {
  close(): void;
}
