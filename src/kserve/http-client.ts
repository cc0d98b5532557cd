import { Agent, request as requestHttp, type IncomingMessage } from "node:http";
import { Agent as TlsAgent, request as requestHttps } from "node:https";
import { z } from "zod";
import { KeepsightError, type ErrorCode } from "../core/errors.ts";
import type { ClientOptions } from "./client-options.ts";
import {
  decodeResponse,
  encodeRequest,
  encodeSharedRequest,
  HEADER_LENGTH,
  joinAligned,
  readHeaderLength,
  type MessageBody,
} from "./http-messages.ts";
import type { InferenceClient, InferRequest, ModelMetadata, ServerMetadata } from "./inference-service.ts";
import { createSharedInference, isThisMachine } from "./shared-inference.ts";
import { UnreachableError } from "./unreachable-error.ts";

/** Answers that hold no tensors are short, bytes. */
const MAX_TEXT_BYTES = 1024 * 1024;

/** How much of an error's text is repeated, characters. */
const MAX_REASON_LENGTH = 500;

const TensorList = z.array(z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.number()) }));

const JsonModelMetadata = z.object({
  name: z.string(),
  versions: z.array(z.string()).default([]),
  platform: z.string().default(""),
  inputs: TensorList,
  outputs: TensorList,
});

const JsonServerMetadata = z.object({
  name: z.string(),
  version: z.string(),
  extensions: z.array(z.string()).default([]),
});

/** A status as our code; what is not here and not a success is the server's trouble and may pass. */
const CODES: Readonly<Record<number, ErrorCode>> = {
  400: "bad_request",
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  413: "too_large",
  415: "bad_request",
  422: "bad_request",
};

/** Statuses of a server, or of the gateway before it, that cannot take the request now. */
const BUSY: ReadonlySet<number> = new Set([429, 502, 503]);

interface Answer {
  readonly status: number;
  readonly headerLength: number | undefined;
  readonly body: Buffer;
}

/** A client over HTTP that keeps its connections and sends tensors as bytes. */
export function createHttpClient(options: ClientOptions): InferenceClient {
  const base = options.url.replace(/\/+$/, "");
  const isTls = base.startsWith("https:");
  const request = isTls ? requestHttps : requestHttp;
  const agent = isTls ? new TlsAgent({ keepAlive: true }) : new Agent({ keepAlive: true });

  /** Sends one request and gives the answer, whatever its status. */
  function send(path: string, maxBytes: number, message?: MessageBody): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const sent = request(`${base}${path}`, {
      agent,
      method: message === undefined ? "GET" : "POST",
      headers: { ...options.headers, ...(message && describeBody(message)) },
    });
    const fail = (error: unknown) => {
      reject(error instanceof KeepsightError ? error : unreachable(error));
      sent.destroy();
    };
    const timer = setTimeout(() => fail(tooSlow(options)), options.timeoutMs);
    const connectTimer = setTimeout(
      () =>
        fail(
          new UnreachableError(`${base} did not take the connection within ${options.connectTimeoutMs} ms.`),
        ),
      options.connectTimeoutMs,
    );
    sent.on("socket", (socket) => {
      socket.setNoDelay(true);
      if (socket.connecting)
        socket.once(isTls ? "secureConnect" : "connect", () => clearTimeout(connectTimer));
      else clearTimeout(connectTimer);
    });
    sent.on("error", fail);
    let isAnswered = false;
    sent.on("response", (response) => {
      isAnswered = true;
      readAnswer(response, maxBytes).then(resolve, fail);
    });
    sent.on("close", () => {
      clearTimeout(timer);
      clearTimeout(connectTimer);
      // Whoever reads an answer hears from it when it breaks off.
      if (!isAnswered) fail(new Error("the connection ended before the answer"));
    });
    for (const part of message?.parts ?? []) sent.write(part);
    sent.end();
    return promise;
  }

  function unreachable(error: unknown): UnreachableError {
    const { message, code } = error as NodeJS.ErrnoException;
    return new UnreachableError(`${base} cannot be reached (${message || (code ?? "no reason given")}).`, {
      cause: error,
    });
  }

  async function isOk(path: string): Promise<boolean> {
    const { status, body } = await send(path, MAX_TEXT_BYTES);
    if (status === 401 || status === 403) throw toError(base, status, body);
    return status === 200;
  }

  async function getJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    const { status, body } = await send(path, MAX_TEXT_BYTES);
    if (status !== 200) throw toError(base, status, body);
    const parsed = schema.safeParse(parseOrUndefined(body));
    if (parsed.success) return parsed.data;
    throw new KeepsightError(
      "unavailable",
      `${base}${path} does not answer as the protocol says: is it a server of models?`,
    );
  }

  async function inferThrough(inferRequest: InferRequest, message: MessageBody): Promise<Answer> {
    const path = `${modelPath(inferRequest.modelName, inferRequest.modelVersion)}/infer`;
    const answer = await send(path, options.maxResponseBytes, message);
    if (answer.status === 200) return answer;
    throw toError(base, answer.status, answer.body);
  }

  async function callRegion(name: string, verb: "register" | "unregister", content: object): Promise<void> {
    const json = Buffer.from(JSON.stringify(content), "utf8");
    const path = `/v2/systemsharedmemory/region/${name}/${verb}`;
    const { status, body } = await send(path, MAX_TEXT_BYTES, { parts: [json], byteLength: json.byteLength });
    if (status !== 200) throw toError(base, status, body);
  }

  const serverMetadata = (): Promise<ServerMetadata> => getJson("/v2", JsonServerMetadata);
  const shared = isThisMachine(base)
    ? createSharedInference({
        serverMetadata,
        register: ({ name, key, byteSize }) =>
          callRegion(name, "register", { key, offset: 0, byte_size: byteSize }),
        unregister: ({ name }) => callRegion(name, "unregister", {}),
        async infer(request, { inputs, outputs }, findShared) {
          const message = encodeSharedRequest(request, (name) => inputs.get(name)!, outputs);
          const { body, headerLength } = await inferThrough(request, message);
          return decodeResponse(body, headerLength, findShared);
        },
      })
    : undefined;

  return {
    isLive: () => isOk("/v2/health/live"),
    isReady: () => isOk("/v2/health/ready"),
    isModelReady: (name, version) => isOk(`${modelPath(name, version)}/ready`),
    serverMetadata,
    async modelMetadata(name, version): Promise<ModelMetadata> {
      const metadata = await getJson(modelPath(name, version), JsonModelMetadata);
      await shared?.prepare();
      return metadata;
    },
    async infer(inferRequest) {
      const response = await shared?.infer(inferRequest);
      if (response !== undefined) return response;
      const answer = await inferThrough(inferRequest, encodeRequest(inferRequest));
      try {
        return decodeResponse(answer.body, answer.headerLength);
      } catch (error) {
        const { message } = error as Error;
        throw new KeepsightError(
          "unavailable",
          `${base} gave an answer that breaks the protocol: ${message}`,
          {
            cause: error,
          },
        );
      }
    },
    close() {
      shared?.close();
      agent.destroy();
    },
  };
}

function modelPath(name: string, version: string | undefined): string {
  const path = `/v2/models/${encodeURIComponent(name)}`;
  return version === undefined ? path : `${path}/versions/${encodeURIComponent(version)}`;
}

function describeBody({ byteLength, headerLength }: MessageBody): Record<string, string> {
  return {
    "content-type": headerLength === undefined ? "application/json" : "application/octet-stream",
    "content-length": String(byteLength),
    ...(headerLength === undefined ? {} : { [HEADER_LENGTH]: String(headerLength) }),
  };
}

/** Reads an answer of at most `maxBytes`; what it declares is not believed, so nothing is held that did not come. */
async function readAnswer(response: IncomingMessage, maxBytes: number): Promise<Answer> {
  const tooLong = () =>
    new KeepsightError("unavailable", `The server's answer is longer than ${maxBytes} bytes.`);
  if (Number(response.headers["content-length"] ?? 0) > maxBytes) throw tooLong();
  const headerLength = readHeaderLength(response.headers[HEADER_LENGTH]);
  const chunks: Buffer[] = [];
  let byteLength = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    byteLength += chunk.byteLength;
    if (byteLength > maxBytes) throw tooLong();
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, headerLength, body: joinAligned(chunks, headerLength) };
}

function tooSlow({ url, timeoutMs }: ClientOptions): KeepsightError {
  return new KeepsightError(
    "unavailable",
    `${url} took longer than ${timeoutMs / 1000} s (KEEPSIGHT_INFERENCE_TIMEOUT_SECONDS) to answer.`,
  );
}

function toError(base: string, status: number, body: Buffer): KeepsightError {
  const said = z.object({ error: z.string() }).safeParse(parseOrUndefined(body));
  const reason = said.success ? said.data.error : body.toString("utf8").replaceAll(/\s+/g, " ");
  const message = `${base} answered ${status}: ${reason.slice(0, MAX_REASON_LENGTH) || "no reason given"}`;
  if (BUSY.has(status)) return new UnreachableError(message);
  return new KeepsightError(CODES[status] ?? "unavailable", message);
}

function parseOrUndefined(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}
