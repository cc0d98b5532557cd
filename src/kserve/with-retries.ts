import { setTimeout as sleep } from "node:timers/promises";
import type { InferenceClient } from "./inference-service.ts";
import { UnreachableError } from "./unreachable-error.ts";

/** Waits before the second, third and last attempt, milliseconds: a server that restarts, a connection that went stale. */
const RETRY_DELAYS_MS = [50, 250, 1000] as const;

/** The same client, which sends a run or a question about a model again when the server could not be reached. */
export function withRetries(client: InferenceClient): InferenceClient {
  return {
    ...client,
    modelMetadata: (name, version) => retry(() => client.modelMetadata(name, version)),
    infer: (request) => retry(() => client.infer(request)),
  };
}

async function retry<T>(attempt: () => Promise<T>): Promise<T> {
  for (const delayMs of RETRY_DELAYS_MS) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      await sleep(delayMs * (0.5 + Math.random()));
    }
  }
  return attempt();
}
