import { createModels } from "./create-models.ts";
import type { Config } from "../config.ts";
import { KeepsightError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { createInferencePool } from "../engine/inference/inference-pool.ts";
import { createInferenceWorker } from "../engine/inference/inference-worker.ts";
import { createModelServer } from "../engine/inference/model-server.ts";
import { exportTriton, type TritonExport } from "../engine/inference/triton/export-triton.ts";
import { startGrpcServer } from "../kserve/grpc-server.ts";
import { createSharedRegions } from "../kserve/shared-regions.ts";
import { servedFiles } from "../onnx/kserve/served-name.ts";
import type { ResolvedModel } from "../onnx/located-model.ts";
import { isAuthorized } from "../server/access.ts";
import { createInferenceMetrics } from "../server/kserve/inference-metrics.ts";
import { createInferenceServer } from "../server/kserve/create-inference-server.ts";
import { listen } from "../server/listen.ts";

/** A text map of the largest photo takes 21 MB; a batch of eight of them still fits. */
const MAX_REQUEST_BYTES = 192 * 1024 * 1024;

/** Bytes of requests that may be received, wait or run at once. */
const MAX_BYTES_UNDER_WAY = 1024 * 1024 * 1024;

/** Runs that are under way get this long when the server stops, milliseconds. */
const CLOSE_GRACE_MS = 2000;

/** A server of models that listens. */
export interface RunningModelServer {
  readonly url: string;
  readonly grpcPort: number;
  /** Names of the networks that are served, each ready once it was looked at. */
  readonly names: readonly string[];
  /** Resolves once all of them were. */
  readonly whenReady: Promise<void>;
  close(): Promise<void>;
}

/**
 * Serves the installed models over HTTP and gRPC at the configured address; `modelIds` names those to serve, all where it
 * is empty. Throws `not_found` for a model that is not installed, `config_invalid` for an address that others reach
 * without an API key.
 */
export async function serveModels(
  config: Config,
  logger: Logger,
  version: string,
  modelIds: readonly string[],
): Promise<RunningModelServer> {
  const { host, apiKey, modelServer, analysers } = config;
  if (apiKey === undefined && config.password !== undefined) {
    throw new KeepsightError("config_invalid", "Programs give no password: set an API key with --api-key.");
  }
  const files = (await findInstalled(config, modelIds)).flatMap(servedFiles);
  const processes = { timeoutMs: analysers.timeoutMs, maxMemoryBytes: analysers.maxMemoryBytes, logger };
  const pool = createInferencePool({
    ...processes,
    size: analysers.count,
    maxWaitingBytes: MAX_BYTES_UNDER_WAY,
  });
  const metrics = createInferenceMetrics(pool.countWaiting);
  const service = createModelServer({
    files,
    pool,
    describer: createInferenceWorker(processes),
    batching: modelServer.batchRows === 1 ? undefined : { maxRows: modelServer.batchRows, delayMs: 0 },
    version,
    logger,
    onRun: metrics.onRun,
  });
  const regions = process.platform === "linux" ? createSharedRegions() : undefined;
  const http = createInferenceServer({
    service,
    regions,
    host,
    apiKey,
    maxRequestBytes: MAX_REQUEST_BYTES,
    maxBytesUnderWay: MAX_BYTES_UNDER_WAY,
    metrics,
    logger,
  });
  const url = await listen(http, host, modelServer.port);
  const grpc = await startGrpcServer({
    service,
    regions,
    host,
    port: modelServer.grpcPort,
    maxRequestBytes: MAX_REQUEST_BYTES,
    isAuthorized: (authorization) =>
      apiKey === undefined || isAuthorized(authorization, { apiKey, password: undefined }),
    onInfer: (modelName, code, durationMs) => metrics.onRequest("grpc", modelName, code, durationMs),
  }).catch(async (error: unknown) => {
    await http.close();
    throw error;
  });
  return {
    url,
    grpcPort: grpc.port,
    names: files.map(({ name }) => name),
    whenReady: service.start(),
    async close() {
      await Promise.all([http.close(), grpc.close(CLOSE_GRACE_MS)]);
      await service.close();
    },
  };
}

/** Writes the installed models as a repository for NVIDIA Triton; `modelIds` names those, all where it is empty. */
export async function exportForTriton(
  config: Config,
  directory: string,
  { modelIds, isForced }: { readonly modelIds: readonly string[]; readonly isForced: boolean },
): Promise<TritonExport> {
  return exportTriton(await findInstalled(config, modelIds), directory, { isForced });
}

/** Installed models with their files. */
async function findInstalled(config: Config, modelIds: readonly string[]): Promise<ResolvedModel[]> {
  // What another server runs for this machine is not here to be served.
  const store = createModels({ ...config, inference: undefined });
  const { models } = await store.list();
  const installed = models.filter(({ state }) => state === "installed").map(({ model }) => model.id);
  const absent = modelIds.find((id) => !installed.includes(id));
  if (absent !== undefined) {
    throw new KeepsightError(
      "not_found",
      `The model "${absent}" is not installed here; \`keepsight models list\` shows those that are.`,
    );
  }
  const resolved: ResolvedModel[] = [];
  for (const id of modelIds.length === 0 ? installed : modelIds) {
    const model = await store.resolve(id);
    if (model !== undefined) resolved.push(model);
  }
  return resolved;
}
