import { Client, credentials, Metadata, status, type ServiceError } from "@grpc/grpc-js";
import { KeepsightError, type ErrorCode } from "../core/errors.ts";
import type { ClientOptions } from "./client-options.ts";
import {
  channelOptions,
  fromGrpcResponse,
  loadGrpcService,
  toGrpcRequest,
  type GrpcMethods,
} from "./grpc-messages.ts";
import type { InferenceClient } from "./inference-service.ts";
import { createSharedInference, isThisMachine } from "./shared-inference.ts";
import { UnreachableError } from "./unreachable-error.ts";

/** A lost connection is tried anew after this long at first and at most, milliseconds. */
const FIRST_RECONNECT_MS = 100;
const LONGEST_RECONNECT_MS = 2000;

const CODES: Readonly<Partial<Record<status, ErrorCode>>> = {
  [status.INVALID_ARGUMENT]: "bad_request",
  [status.OUT_OF_RANGE]: "bad_request",
  [status.NOT_FOUND]: "not_found",
  [status.UNAUTHENTICATED]: "unauthorized",
  [status.PERMISSION_DENIED]: "forbidden",
};

/** A client over gRPC that sends tensors as raw bytes. */
export function createGrpcClient(options: ClientOptions): InferenceClient {
  const { url, headers, timeoutMs, connectTimeoutMs, maxResponseBytes } = options;
  const { protocol, host } = new URL(url);
  const service = loadGrpcService();
  const client = new Client(
    host,
    protocol === "grpcs:" ? credentials.createSsl() : credentials.createInsecure(),
    {
      ...channelOptions(maxResponseBytes),
      "grpc.initial_reconnect_backoff_ms": FIRST_RECONNECT_MS,
      "grpc.max_reconnect_backoff_ms": LONGEST_RECONNECT_MS,
    },
  );
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);

  async function call<Name extends keyof GrpcMethods>(
    name: Name,
    argument: GrpcMethods[Name][0],
  ): Promise<GrpcMethods[Name][1]> {
    await connected();
    const { path, requestSerialize, responseDeserialize } = service[name];
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        argument,
        metadata,
        { deadline: Date.now() + timeoutMs },
        (error, answer) => (error === null ? resolve(answer!) : reject(toError(url, timeoutMs, error))),
      );
    });
  }

  /** A request waits for a connection by itself, but as long as for an answer. */
  function connected(): Promise<void> {
    return new Promise((resolve, reject) => {
      client.waitForReady(Date.now() + connectTimeoutMs, (error) => {
        if (error === undefined) resolve();
        else reject(new UnreachableError(`${url} cannot be reached (${error.message}).`, { cause: error }));
      });
    });
  }

  const serverMetadata = () => call("ServerMetadata", {});
  const shared = isThisMachine(`http://${host}`)
    ? createSharedInference({
        serverMetadata,
        async register({ name, key, byteSize }) {
          await call("SystemSharedMemoryRegister", { name, key, offset: 0, byteSize });
        },
        async unregister({ name }) {
          await call("SystemSharedMemoryUnregister", { name });
        },
        async infer(request, { inputs, outputs }, findShared) {
          const outputNames = outputs.size === 0 ? request.outputNames : [...outputs.keys()];
          const placeOf = (places: typeof inputs) => (name: string) => places.get(name);
          const message = toGrpcRequest({ ...request, outputNames }, placeOf(inputs), placeOf(outputs));
          return fromGrpcResponse(await call("ModelInfer", message), findShared);
        },
      })
    : undefined;

  return {
    isLive: async () => (await call("ServerLive", {})).live,
    isReady: async () => (await call("ServerReady", {})).ready,
    isModelReady: async (name, version = "") => {
      try {
        return (await call("ModelReady", { name, version })).ready;
      } catch (error) {
        if (error instanceof KeepsightError && error.code === "not_found") return false;
        throw error;
      }
    },
    serverMetadata,
    async modelMetadata(name, version = "") {
      const metadata = await call("ModelMetadata", { name, version });
      await shared?.prepare();
      return metadata;
    },
    async infer(request) {
      const response = await shared?.infer(request);
      if (response !== undefined) return response;
      const answer = await call("ModelInfer", toGrpcRequest(request));
      try {
        return fromGrpcResponse(answer);
      } catch (error) {
        const { message } = error as Error;
        throw new KeepsightError(
          "unavailable",
          `${url} gave an answer that breaks the protocol: ${message}`,
          {
            cause: error,
          },
        );
      }
    },
    close() {
      shared?.close();
      client.close();
    },
  };
}

function toError(url: string, timeoutMs: number, error: ServiceError): KeepsightError {
  if (error.code === status.DEADLINE_EXCEEDED) {
    return new KeepsightError(
      "unavailable",
      `${url} took longer than ${timeoutMs / 1000} s (KEEPSIGHT_INFERENCE_TIMEOUT_SECONDS) to answer.`,
      { cause: error },
    );
  }
  const message = `${url} answered ${status[error.code]}: ${error.details}`;
  if (error.code === status.UNAVAILABLE) return new UnreachableError(message, { cause: error });
  return new KeepsightError(CODES[error.code] ?? "unavailable", message, { cause: error });
}
