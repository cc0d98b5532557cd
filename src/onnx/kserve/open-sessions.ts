import { memoizeAsync } from "../../core/memoize-async.ts";
import { batchRequests } from "../../kserve/batch-requests.ts";
import { createInferenceClient } from "../../kserve/create-inference-client.ts";
import type { InferenceClient } from "../../kserve/inference-service.ts";
import { createSession } from "../create-session.ts";
import type { ResolvedModel } from "../located-model.ts";
import type { InferenceSession } from "../session.ts";
import { createFallbackSession } from "./fallback-session.ts";
import { isServedPath, servedFiles } from "./served-name.ts";
import { createServedSession } from "./served-session.ts";

/** A connection is taken at once or not at all, milliseconds. */
const CONNECT_TIMEOUT_MS = 3000;

/** The largest outputs are text maps, 8 MB at full size; whoever sends more than this is no server of models, bytes. */
const MAX_RESPONSE_BYTES = 256 * 1024 * 1024;

/** Batches of one kind on their way at once; what comes meanwhile gathers. */
const BATCHES_UNDER_WAY = 2;

/** A server that runs models: plain data, so that it can be sent to another process. */
export interface InferenceSettings {
  readonly url: string;
  /** Ids of the models that it runs; empty: all that are in use. */
  readonly modelIds: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Whether models run here while it cannot run them. */
  readonly isFallingBack: boolean;
  /** Rows sent together at most. */
  readonly batchRows: number;
}

/** A client of the server with these settings. */
export function connectInference({ url, headers, timeoutMs }: InferenceSettings): Promise<InferenceClient> {
  return createInferenceClient({
    url,
    headers,
    timeoutMs,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    maxResponseBytes: MAX_RESPONSE_BYTES,
  });
}

/** The networks among these models that the server runs. */
export function servedBy({ modelIds }: InferenceSettings, models: readonly ResolvedModel[]) {
  return models
    .filter(({ model }) => modelIds.length === 0 || modelIds.includes(model.id))
    .flatMap(servedFiles);
}

/**
 * What makes sessions of the networks of `models`: on the server where it runs them, here where it does not, or where it
 * cannot and falling back is wanted. `onRemark` is told when that begins and when it ends.
 */
export function createSessionOpener(
  settings: InferenceSettings,
  models: readonly ResolvedModel[],
  onRemark: (text: string) => void,
): typeof createSession {
  const names = new Map(servedBy(settings, models).map(({ path, name }) => [path, name]));
  const connect = memoizeAsync(async () => withBatches(await connectInference(settings), settings.batchRows));

  return async (path, options): Promise<InferenceSession> => {
    const name = names.get(path);
    if (name === undefined) return createSession(path, options);
    const openServed = async () => createServedSession(await connect(), name);
    if (!settings.isFallingBack || isServedPath(path)) return openServed();
    return createFallbackSession({
      name,
      openServed,
      openLocal: () => createSession(path, options),
      onRemark,
    });
  };
}

/** Joins requests for models whose first axis is a batch in every input and output. */
function withBatches(client: InferenceClient, maxRows: number): InferenceClient {
  if (maxRows === 1) return client;
  const inferTogether = batchRequests(client.infer, { maxRows, delayMs: 0, maxRuns: BATCHES_UNDER_WAY });
  const batchable = new Map<string, boolean>();
  return {
    ...client,
    async modelMetadata(name, version) {
      const metadata = await client.modelMetadata(name, version);
      const tensors = [...metadata.inputs, ...metadata.outputs];
      batchable.set(
        name,
        tensors.every(({ shape }) => shape[0] === -1),
      );
      return metadata;
    },
    infer: (request) => (batchable.get(request.modelName) === true ? inferTogether : client.infer)(request),
  };
}
