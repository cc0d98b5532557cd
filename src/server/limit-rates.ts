import rateLimit from "@fastify/rate-limit";
import type { FastifyReply, FastifyRequest } from "fastify";
import { KeepsightError } from "../core/errors.ts";
import type { ApiServer } from "./api-server.ts";

const MINUTE_MS = 60_000;

/** Wrong passwords and keys that one address may send in a minute: a person mistypes, a program guesses. */
const FAILURES_A_MINUTE = 10;

/** Never refused: a supervisor must be able to ask whether the process lives. */
const UNLIMITED = /^\/health\//;

/** Routes that decode a picture, run a model or read the whole library for one answer. */
const COSTLY =
  /^\/api\/v1\/(?:ocr\/predict|faces\/(?:detect|recognize|full|verify|cluster|auto-cluster|train)|search\/(?:export|face|similar)|duplicates\/(?:find|scan)|export|backup|downloads)/;

/** How many requests one address may send in a minute. */
export interface RateLimits {
  /** Undefined: as many as it likes. */
  readonly requestsPerMinute: number | undefined;
  /** The same of requests that cost much. */
  readonly costlyPerMinute: number | undefined;
}

/** Counts wrong passwords by address. */
export interface SignInLimit {
  /** Throws `rate_limited` for an address that sent too many. */
  check(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  noteFailure(request: FastifyRequest): Promise<void>;
}

/**
 * Refuses with 429 what comes too often from one address, saying in `Retry-After` when to come again. To be added before
 * whoever checks passwords, which asks the limit that comes back.
 */
export async function limitRates(
  server: ApiServer,
  { requestsPerMinute, costlyPerMinute }: RateLimits,
): Promise<SignInLimit> {
  await server.register(rateLimit, { global: false });
  const createLimit = (max: number) => server.createRateLimit({ max, timeWindow: MINUTE_MS });
  const failures = createLimit(FAILURES_A_MINUTE);
  const all = requestsPerMinute === undefined ? undefined : createLimit(requestsPerMinute);
  const costly = costlyPerMinute === undefined ? undefined : createLimit(costlyPerMinute);

  server.addHook("onRequest", async (request, reply) => {
    const route = request.routeOptions.url ?? "";
    if (UNLIMITED.test(route)) return;
    for (const limit of [all, COSTLY.test(route) ? costly : undefined]) {
      const state = await limit?.(request);
      if (state === undefined || state.isAllowed || !state.isExceeded) continue;
      refuse(reply, state.ttlInSeconds, `This address sent more than ${state.max} such requests in a minute`);
    }
  });

  return {
    async check(request, reply) {
      const state = await failures(request, { increment: false });
      if (state.isAllowed || state.remaining > 0) return;
      refuse(reply, state.ttlInSeconds, "Too many wrong passwords came from this address");
    },
    async noteFailure(request) {
      await failures(request);
    },
  };
}

function refuse(reply: FastifyReply, seconds: number, reason: string): never {
  const wait = Math.max(1, seconds);
  reply.header("retry-after", wait);
  throw new KeepsightError("rate_limited", `${reason}; try again in ${wait} s.`);
}
