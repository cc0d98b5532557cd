import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { KeepsightError, type ErrorCode } from "../core/errors.ts";
import type { Problem } from "../api/common.ts";

const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

/** HTTP status and title of each error code. */
const HTTP_ERRORS: Readonly<Record<ErrorCode, readonly [status: number, title: string]>> = {
  bad_request: [400, "The request is not right"],
  unauthorized: [401, "Sign in first"],
  forbidden: [403, "Not allowed"],
  not_found: [404, "Not found"],
  conflict: [409, "That does not fit what is there"],
  too_large: [413, "Too large"],
  unsupported_media: [415, "Not a kind of content that can be read"],
  undecodable: [422, "The image cannot be read"],
  rate_limited: [429, "Too many requests"],
  config_invalid: [500, "The configuration is not right"],
  library_locked: [503, "The library is in use"],
  model_missing: [409, "A model is not installed"],
  model_invalid: [500, "A model cannot be used"],
  download_failed: [502, "A download failed"],
  file_unreadable: [404, "The file cannot be read"],
  analyser_crashed: [500, "The analyser died"],
  analyser_timeout: [504, "The analysis took too long"],
  cancelled: [409, "Cancelled"],
  unavailable: [503, "Not available at the moment"],
  internal: [500, "Something went wrong here"],
};

/** What Fastify calls its own refusals, in our codes. */
const FASTIFY_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "too_large",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported_media",
};

/** The problem document of an error code. */
export function toProblem(code: ErrorCode, detail: string, errors?: Problem["errors"]): Problem {
  const [status, title] = HTTP_ERRORS[code];
  return {
    type: `about:blank#${code}`,
    title,
    status,
    code,
    detail,
    ...(errors === undefined ? {} : { errors }),
  };
}

/** The problem document of anything that was thrown. */
export function describeProblem(error: unknown): Problem {
  if (error instanceof KeepsightError) return toProblem(error.code, error.message);
  if (error instanceof z.ZodError) {
    const whole = (error as { validationContext?: string }).validationContext ?? "request";
    return toInvalid(error.issues.map(({ path, message }) => ({ field: path.join(".") || whole, message })));
  }
  return describeForeign(error as Partial<FastifyError>);
}

function toInvalid(errors: NonNullable<Problem["errors"]>): Problem {
  return toProblem(
    "bad_request",
    errors.map(({ field, message }) => `${field}: ${message}`).join("; "),
    errors,
  );
}

/** What Fastify and its plugins refuse; everything else is a fault of ours. */
function describeForeign({ code, message = "", statusCode = 500 }: Partial<FastifyError>): Problem {
  const known = FASTIFY_CODES[code ?? ""];
  if (known !== undefined) return toProblem(known, message);
  return statusCode >= 400 && statusCode < 500
    ? { ...toProblem("bad_request", message), status: statusCode }
    : toProblem("internal", "An unexpected error; the server's log says more.");
}

/** Sends a problem document. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply.code(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
}

/** Fastify's error handler: every error leaves as a problem document; only unexpected ones are logged as errors. */
export function handleError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = describeProblem(error);
  if (problem.status >= 500) request.log.error({ err: error, url: request.url }, "request failed");
  else request.log.debug({ code: problem.code, detail: problem.detail, url: request.url }, "request refused");
  return sendProblem(reply, problem);
}
