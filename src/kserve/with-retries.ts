import { setTimeout as sleep } from "node:timers/promises";
import type { InferenceClient } from "./inference-service.ts";
import { UnreachableError } from "./unreachable-error.ts";

/** Waits before the second, third and last attempt, milliseconds: a server that restarts, a connection that went stale. */
const RETRY_DELAYS_MS: readonly number[] = [50, 250, 1000];

/**
 * A server that could not be reached in all these attempts is away: what is asked for so long after gets one attempt,
 * milliseconds. Else each network of each photo would wait for it anew (4 s a photo), and nothing would come of it.
 */
const AWAY_MS = 10_000;

/** The same client, which sends a run or a question about a model again when the server could not be reached. */
export function withRetries(
  client: InferenceClient,
  delaysMs: readonly number[] = RETRY_DELAYS_MS,
): InferenceClient {
  let awayUntil = 0;

  async function retry<T>(attempt: () => Promise<T>): Promise<T> {
    for (const delayMs of performance.now() < awayUntil ? [] : delaysMs) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof UnreachableError)) throw error;
        await sleep(delayMs * (0.5 + Math.random()));
      }
    }
    return lastAttempt(attempt);
  }

  async function lastAttempt<T>(attempt: () => Promise<T>): Promise<T> {
    try {
      const answer = await attempt();
      awayUntil = 0;
      return answer;
    } catch (error) {
      if (error instanceof UnreachableError) awayUntil = performance.now() + AWAY_MS;
      throw error;
    }
  }

  return {
    ...client,
    modelMetadata: (name, version) => retry(() => client.modelMetadata(name, version)),
    infer: (request) => retry(() => client.infer(request)),
  };
}
