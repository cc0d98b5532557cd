import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { KeepsightError } from "../core/errors.ts";
import type { SignInLimit } from "./limit-rates.ts";

/** Who may use the server. Without password and key everybody who reaches it may. */
export interface AccessOptions {
  readonly password: string | undefined;
  readonly apiKey: string | undefined;
  /** Address the server listens on. */
  readonly host: string;
}

/** Answered without signing in: a supervisor must be able to ask whether the process lives. */
const OPEN_PATHS: ReadonlySet<string> = new Set([
  "/health/live",
  "/health/ready",
  "/v2/health/live",
  "/v2/health/ready",
]);

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

const LOOPBACK_NAME = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i;

/**
 * Guards every route. Three checks: a name in `Host` that is not this computer's is refused while the server has no
 * password (a web page elsewhere could otherwise point its own name at loopback: DNS rebinding); a request that changes
 * something must not come from another site's page (CSRF); and where a password or key is set, one of them must be given.
 */
export function guardAccess(server: FastifyInstance, options: AccessOptions, signIns?: SignInLimit): void {
  const needsSignIn = options.password !== undefined || options.apiKey !== undefined;
  server.addHook("onRequest", async (request, reply) => {
    if (!needsSignIn && !LOOPBACK_NAME.test(request.headers.host ?? "")) {
      throw new KeepsightError(
        "forbidden",
        `The name "${request.headers.host}" is not this computer's; open http://localhost instead.`,
      );
    }
    if (!SAFE_METHODS.has(request.method) && isFromAnotherSite(request)) {
      throw new KeepsightError(
        "forbidden",
        "Requests that change something must come from this server's own pages.",
      );
    }
    const path = request.url.split("?", 1)[0]!;
    if (!needsSignIn || OPEN_PATHS.has(path)) return;
    // Before the password is looked at: who guesses must not learn that the last guess was right.
    await signIns?.check(request, reply);
    if (isAuthorized(request.headers.authorization, options)) return;
    // A browser asks without any first, and then its user.
    if (request.headers.authorization !== undefined) await signIns?.noteFailure(request);
    reply.header("www-authenticate", 'Basic realm="Keepsight", charset="UTF-8"');
    throw new KeepsightError("unauthorized", "Give the password, or the API key as a bearer token.");
  });
}

/** Browsers say where a request comes from; programs that say nothing are no pages. */
function isFromAnotherSite(request: FastifyRequest): boolean {
  const site = request.headers["sec-fetch-site"];
  if (site !== undefined) return site !== "same-origin" && site !== "none";
  const origin = request.headers.origin;
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== request.headers.host;
}

/** Whether the value of an `authorization` header has the password (basic) or the API key (bearer). */
export function isAuthorized(
  authorization: string | undefined,
  { password, apiKey }: Omit<AccessOptions, "host">,
): boolean {
  const [scheme, credentials] = (authorization ?? "").split(" ", 2);
  if (credentials === undefined) return false;
  if (scheme!.toLowerCase() === "bearer") return apiKey !== undefined && isEqualSecret(credentials, apiKey);
  if (scheme!.toLowerCase() !== "basic" || password === undefined) return false;
  const given = Buffer.from(credentials, "base64").toString("utf8");
  return isEqualSecret(given.slice(given.indexOf(":") + 1), password);
}

/** Compares in a time that tells nothing about where the texts differ. */
function isEqualSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
