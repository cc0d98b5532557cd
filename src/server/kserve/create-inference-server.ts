import Fastify, {
  LogController,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import { KeepsightError, toKeepsightError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import {
  decodeRequest,
  encodeResponse,
  HEADER_LENGTH,
  readHeaderLength,
  type MessageBody,
} from "../../kserve/http-messages.ts";
import { SHARED_MEMORY_EXTENSION } from "../../kserve/shared-memory.ts";
import { placeOutputs, roomsOf, type SharedRegions } from "../../kserve/shared-regions.ts";
import type { InferenceService, ModelMetadata } from "../../kserve/inference-service.ts";
import { guardAccess } from "../access.ts";
import { describeProblem } from "../problem.ts";
import type { InferenceMetrics } from "./inference-metrics.ts";
import { addSharedMemoryRoutes } from "./shared-memory-routes.ts";

/** Answers that are on their way get this long when the server stops, milliseconds. */
const CLOSE_GRACE_MS = 2000;

export interface InferenceServerOptions {
  readonly service: InferenceService;
  /** Shared memory of clients on this machine; undefined where the system has none. */
  readonly regions: SharedRegions | undefined;
  readonly host: string;
  readonly apiKey: string | undefined;
  /** Longest body of a request. */
  readonly maxRequestBytes: number;
  /** Bytes of all bodies that may be on their way at once. */
  readonly maxBytesUnderWay: number;
  readonly metrics: InferenceMetrics;
  readonly logger: Logger;
}

interface ModelParams {
  readonly name: string;
  readonly version?: string;
}

/** The Open Inference Protocol over HTTP, and `/metrics`. It does not listen yet. */
export function createInferenceServer(options: InferenceServerOptions): FastifyInstance {
  const { service, regions, metrics, logger } = options;
  const server = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.maxRequestBytes,
    routerOptions: { maxParamLength: 300 },
    forceCloseConnections: "idle",
    frameworkErrors: (error, request, reply) => void sendError(error, request, reply),
  }) as unknown as FastifyInstance;
  server.setErrorHandler<FastifyError>(sendError);
  server.setNotFoundHandler((request) => {
    throw new KeepsightError(
      "not_found",
      `There is nothing at ${request.method} ${request.url.split("?", 1)[0]}.`,
    );
  });
  server.addHook("preClose", async () => {
    setTimeout(() => server.server.closeAllConnections(), CLOSE_GRACE_MS).unref();
  });
  guardAccess(server, { ...options, password: undefined });
  limitBytesUnderWay(server, options);
  // Bodies are taken as they are, whatever clients call them: the header tells where the JSON ends.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  if (regions !== undefined) addSharedMemoryRoutes(server, regions);
  addHealthRoutes(server, service, regions !== undefined);
  server.get("/metrics", async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  for (const path of ["/v2/models/:name", "/v2/models/:name/versions/:version"])
    addModelRoutes(server, path, options);
  return server;
}

function addHealthRoutes(server: FastifyInstance, service: InferenceService, sharesMemory: boolean): void {
  server.get("/v2/health/live", async () => ({ live: await service.isLive() }));
  server.get("/v2/health/ready", async (_request, reply) => {
    const ready = await service.isReady();
    return reply.code(ready ? 200 : 503).send({ ready });
  });
  server.get("/v2", async () => {
    const { extensions, ...metadata } = await service.serverMetadata();
    return { ...metadata, extensions: [...extensions, ...(sharesMemory ? [SHARED_MEMORY_EXTENSION] : [])] };
  });
}

function addModelRoutes(server: FastifyInstance, path: string, options: InferenceServerOptions): void {
  const { service, metrics } = options;
  server.get<{ Params: ModelParams }>(path, ({ params }): Promise<ModelMetadata> =>
    service.modelMetadata(params.name, params.version),
  );
  server.get<{ Params: ModelParams }>(`${path}/ready`, async ({ params }, reply) => {
    const ready = await service.isModelReady(params.name, params.version);
    return reply.code(ready ? 200 : 503).send({ name: params.name, ready });
  });
  server.post<{ Params: ModelParams }>(`${path}/infer`, async (request, reply) => {
    const { name } = request.params;
    const started = performance.now();
    const ended = (code: string) => metrics.onRequest("http", name, code, performance.now() - started);
    try {
      const message = await infer(options, request);
      ended("ok");
      return sendMessage(reply, message);
    } catch (error) {
      ended(toKeepsightError(error).code);
      throw error;
    }
  });
}

async function infer(
  { service, regions }: Pick<InferenceServerOptions, "service" | "regions">,
  { params, headers, body }: FastifyRequest<{ Params: ModelParams }>,
): Promise<MessageBody> {
  const bytes = body instanceof Uint8Array ? body : new Uint8Array();
  const lease = regions?.lease();
  try {
    const headerLength = readHeaderLength(headers[HEADER_LENGTH]);
    const { request, isBinary, placeOf } = decodeRequest(bytes, headerLength, lease?.find);
    const response = await service.infer({
      ...request,
      outputPlaces: roomsOf(lease, request.outputNames ?? [], placeOf),
      modelName: params.name,
      modelVersion: params.version,
    });
    const placed = placeOutputs(lease, response.outputs, placeOf);
    // What does not fit into its place goes back in the body.
    const isSent = (name: string) => isBinary(name) || placeOf(name) !== undefined;
    return encodeResponse(response, isSent, (name) => placed.get(name));
  } finally {
    lease?.release();
  }
}

/** Sends the pieces of a body as they are: Fastify would want them joined. */
function sendMessage(reply: FastifyReply, { parts, headerLength, byteLength }: MessageBody): FastifyReply {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    "content-type": headerLength === undefined ? "application/json" : "application/octet-stream",
    "content-length": byteLength,
    ...(headerLength === undefined ? {} : { [HEADER_LENGTH]: headerLength }),
  });
  raw.cork();
  for (const part of parts) raw.write(part);
  raw.end();
  raw.uncork();
  return reply;
}

/** Refuses bodies that together with those under way would take too much memory; a body of unknown length counts fully. */
function limitBytesUnderWay(
  server: FastifyInstance,
  { maxBytesUnderWay, maxRequestBytes }: InferenceServerOptions,
): void {
  let underWay = 0;
  server.addHook("onRequest", async (request, reply) => {
    if (request.method !== "POST") return;
    const declared = Number(request.headers["content-length"] ?? maxRequestBytes);
    const byteLength = Math.min(declared, maxRequestBytes);
    if (underWay > 0 && underWay + byteLength > maxBytesUnderWay) {
      reply.header("retry-after", "1");
      throw new KeepsightError("unavailable", "Too many requests are under way; try again in a moment.");
    }
    underWay += byteLength;
    reply.raw.once("close", () => (underWay -= byteLength));
  });
}

/** Errors in the protocol's form. */
function sendError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, detail, code } = describeProblem(error);
  if (status >= 500) request.log.warn({ err: error, url: request.url }, "inference request failed");
  else request.log.debug({ code, detail, url: request.url }, "inference request refused");
  return reply.code(status).type("application/json").send({ error: detail });
}
