import { Server, ServerCredentials, status, type sendUnaryData, type ServerUnaryCall } from "@grpc/grpc-js";
import { KeepsightError, toKeepsightError, type ErrorCode } from "../core/errors.ts";
import {
  channelOptions,
  fromGrpcRequest,
  loadGrpcService,
  toGrpcResponse,
  type GrpcInferRequest,
  type GrpcInferResponse,
  type GrpcMethods,
} from "./grpc-messages.ts";
import type { InferenceService } from "./inference-service.ts";
import { SHARED_MEMORY_EXTENSION } from "./shared-memory.ts";
import { placeOutputs, roomsOf, type SharedRegions } from "./shared-regions.ts";

/** Answered without a key: a supervisor must be able to ask whether the server lives. */
const OPEN_METHODS: ReadonlySet<string> = new Set(["ServerLive", "ServerReady"]);

const STATUSES: Readonly<Partial<Record<ErrorCode, status>>> = {
  bad_request: status.INVALID_ARGUMENT,
  not_found: status.NOT_FOUND,
  unauthorized: status.UNAUTHENTICATED,
  forbidden: status.PERMISSION_DENIED,
  too_large: status.RESOURCE_EXHAUSTED,
  unavailable: status.UNAVAILABLE,
  cancelled: status.UNAVAILABLE,
  analyser_timeout: status.DEADLINE_EXCEEDED,
};

export interface GrpcServerOptions {
  readonly service: InferenceService;
  /** Shared memory of clients on this machine; undefined where the system has none. */
  readonly regions: SharedRegions | undefined;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly maxRequestBytes: number;
  /** Whether a request with this `authorization` may be answered. */
  readonly isAuthorized: (authorization: string | undefined) => boolean;
  /** Called after each run, with how it ended. */
  readonly onInfer?: (modelName: string, code: ErrorCode | "ok", durationMs: number) => void;
}

export interface GrpcServer {
  readonly port: number;
  /** Lets runs under way end, for at most `graceMs`. */
  close(graceMs: number): Promise<void>;
}

type Methods = {
  readonly [Name in keyof GrpcMethods]: (request: GrpcMethods[Name][0]) => Promise<GrpcMethods[Name][1]>;
};

/** Serves models over gRPC, without TLS. Throws `unavailable` when it cannot listen. */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { service, regions, host, onInfer } = options;
  const methods: Methods = {
    ServerLive: async () => ({ live: await service.isLive() }),
    ServerReady: async () => ({ ready: await service.isReady() }),
    ModelReady: async ({ name, version }) => ({
      ready: await service.isModelReady(name, version || undefined),
    }),
    async ServerMetadata() {
      const { extensions, ...metadata } = await service.serverMetadata();
      return { ...metadata, extensions: [...extensions, ...(regions ? [SHARED_MEMORY_EXTENSION] : [])] };
    },
    ModelMetadata: ({ name, version }) => service.modelMetadata(name, version || undefined),
    async ModelInfer(message) {
      const started = performance.now();
      let code: ErrorCode | "ok" = "ok";
      try {
        return await infer(message, options);
      } catch (error) {
        ({ code } = toKeepsightError(error));
        throw error;
      } finally {
        onInfer?.(message.modelName, code, performance.now() - started);
      }
    },
    async SystemSharedMemoryStatus({ name: wanted }) {
      const known = requireRegions(regions).list();
      const named = known.filter(({ name }) => wanted === "" || name === wanted);
      return { regions: Object.fromEntries(named.map((region) => [region.name, region])) };
    },
    async SystemSharedMemoryRegister({ name, ...registration }) {
      requireRegions(regions).register(name, registration);
      return {};
    },
    async SystemSharedMemoryUnregister({ name }) {
      requireRegions(regions).unregister(name || undefined);
      return {};
    },
  };
  const server = new Server(channelOptions(options.maxRequestBytes));
  server.addService(
    loadGrpcService(),
    Object.fromEntries(
      Object.entries(methods).map(([name, method]) => [name, guard(name, method as AnyMethod, options)]),
    ),
  );
  const port = await listen(server, host, options.port);
  return { port, close: (graceMs) => close(server, graceMs) };
}

async function infer(
  message: GrpcInferRequest,
  { service, regions }: Pick<GrpcServerOptions, "service" | "regions">,
): Promise<GrpcInferResponse> {
  const lease = regions?.lease();
  try {
    const { request, placeOf } = fromGrpcRequest(message, lease?.find);
    const outputPlaces = roomsOf(lease, request.outputNames ?? [], placeOf);
    const response = await service.infer({ ...request, outputPlaces });
    const placed = placeOutputs(lease, response.outputs, placeOf);
    return toGrpcResponse(response, (name) => placed.get(name));
  } finally {
    lease?.release();
  }
}

function requireRegions(regions: SharedRegions | undefined): SharedRegions {
  if (regions !== undefined) return regions;
  throw new KeepsightError("bad_request", "There is no shared memory here.");
}

type AnyMethod = (request: unknown) => Promise<unknown>;

function guard(name: string, method: AnyMethod, { isAuthorized }: GrpcServerOptions) {
  return (call: ServerUnaryCall<unknown, unknown>, answer: sendUnaryData<unknown>): void => {
    const authorization = call.metadata.get("authorization")[0]?.toString();
    if (!OPEN_METHODS.has(name) && !isAuthorized(authorization)) {
      return answer({ code: status.UNAUTHENTICATED, details: "Give the API key as a bearer token." });
    }
    method(call.request).then(
      (message) => answer(null, message),
      (thrown: unknown) => {
        const error = toKeepsightError(thrown);
        const code = STATUSES[error.code] ?? status.INTERNAL;
        const details =
          code === status.INTERNAL ? "An unexpected error; the server's log says more." : error.message;
        answer({ code, details });
      },
    );
  };
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) return resolve(bound);
      const reason = `gRPC cannot listen at ${address} (${error.message}); choose another port with --grpc-port.`;
      reject(new KeepsightError("unavailable", reason, { cause: error }));
    });
  });
}

async function close(server: Server, graceMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, graceMs);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
