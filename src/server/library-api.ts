import { request as sendHttp } from "node:http";
import { request as sendHttps } from "node:https";
import { API_PREFIX } from "../api/common.ts";
import { type ErrorCode, KeepsightError } from "../core/errors.ts";
import type { AccessOptions } from "./access.ts";
import type { ApiServer } from "./api-server.ts";

/** One request below {@link API_PREFIX}; gives the answer's JSON, throws what its problem document says. */
export type CallApi = (method: string, path: string, body?: unknown) => Promise<unknown>;

type Secrets = Pick<AccessOptions, "password" | "apiKey">;

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Calls the API of a server that runs; waits for its answer as long as it takes. `unavailable` when it cannot be reached. */
export function callRunningServer(url: string, secrets: Secrets): CallApi {
  return async (method, path, body) => toResult(await send(url, method, path, body, secrets));
}

function send(url: string, method: string, path: string, body: unknown, secrets: Secrets): Promise<Answer> {
  const target = new URL(`${API_PREFIX}${path}`, url);
  return new Promise((resolve, reject) => {
    const request = (target.protocol === "https:" ? sendHttps : sendHttp)(
      target,
      { method, headers: headersOf(body, secrets) },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 500, text }));
        response.on("error", reject);
      },
    );
    request.on("error", (error) =>
      reject(new KeepsightError("unavailable", `The server at ${url} does not answer.`, { cause: error })),
    );
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Calls the API of a server in this process, which need not listen. */
export function callOwnServer(server: ApiServer, secrets: Secrets): CallApi {
  return async (method, path, body) => {
    const { statusCode, body: text } = await server.inject({
      method: method as "GET",
      url: `${API_PREFIX}${path}`,
      headers: { host: "localhost", ...headersOf(body, secrets) },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
    return toResult({ status: statusCode, text });
  };
}

function headersOf(body: unknown, { password, apiKey }: Secrets): Record<string, string> {
  const basic = Buffer.from(`keepsight:${password ?? ""}`).toString("base64");
  return {
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...(apiKey !== undefined
      ? { authorization: `Bearer ${apiKey}` }
      : password === undefined
        ? {}
        : { authorization: `Basic ${basic}` }),
  };
}

function toResult({ status, text }: Answer): unknown {
  if (status < 400) return text === "" ? null : (JSON.parse(text) as unknown);
  const { code, detail } = parseProblem(text);
  throw new KeepsightError(code, detail);
}

function parseProblem(text: string): { readonly code: ErrorCode; readonly detail: string } {
  try {
    const { code, detail } = JSON.parse(text) as { code: ErrorCode; detail: string };
    return { code, detail };
  } catch {
    return {
      code: "unavailable",
      detail: `The server gave no answer that could be read: ${text.slice(0, 200)}`,
    };
  }
}
