/**
 * Senseless requests made from the API's own description, by a generator with a seed: the same seed gives the same requests.
 * They are written to the socket byte by byte, so that also what no client would send can be sent.
 */
import { connect } from "node:net";
import type { ApiDocument, ApiOperation } from "./api-document.ts";

/** One request as it goes over the wire. */
export interface FuzzedRequest {
  /** What is wrong with it, in a word. */
  readonly kind: string;
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: Buffer;
}

/** What came back; status 0 where the connection was closed without an answer. */
export interface RawAnswer {
  readonly status: number;
  readonly text: string;
}

/** A JSON schema as far as values are made of it. */
interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Uniform numbers from 0 to 1, the same for the same seed (mulberry32, Tommy Ettinger, 2017). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const ODD_TEXTS = [
  "",
  "0",
  "-1",
  "1e400",
  "NaN",
  "null",
  "[object Object]",
  "\u0000",
  "\u202e",
  "%",
  "%00",
  "%zz",
  "..",
  "../../../../etc/passwd",
  "..\\..\\windows",
  "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
  "' or 1=1 --",
  '"',
  "*",
  "NEAR(a b)",
  'exit"',
  "-exit",
  "col:a",
  "9".repeat(400),
  "x".repeat(9000),
  "𝕏\ud800",
  "\n\r\t",
  "__proto__",
  "constructor",
  "$where",
  "{{7*7}}",
  "<script>alert(1)</script>",
  "2024-02-30",
  "person:",
  "near:",
  '(((((((((("',
] as const;

const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  1e308,
  Number.MAX_SAFE_INTEGER,
  -Number.MAX_SAFE_INTEGER,
  [],
  {},
  [[[[[[[]]]]]]],
  Array.from({ length: 5000 }, (_, i) => i),
  { __proto__: null, a: { b: { c: { d: 1 } } } },
  ...ODD_TEXTS,
];

/** JSON that parsers have taken amiss, as it is written. */
const ODD_JSON = [
  "",
  "{",
  "[",
  "nul",
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"a":1,"a":2}',
  `${"[".repeat(5000)}${"]".repeat(5000)}`,
  '{"a":1e999}',
  "\ufeff{}",
  '"\\ud800"',
];

const ODD_FILE_NAMES = [
  "../../../evil.jpg",
  "/etc/cron.d/evil.jpg",
  "..\\..\\evil.jpg",
  "a\u0000.jpg",
  "evil\r\nx-injected: 1.jpg",
  "x".repeat(4000),
  ".",
  "..",
  "",
  "\u202egpj.exe",
  "con.jpg",
  "%2e%2e%2fevil.jpg",
  "~/evil.jpg",
];

const ODD_METHODS = ["TRACE", "OPTIONS", "PATCH", "PUT", "DELETE", "HEAD", "PROPFIND", "FOO", "get", "QUERY"];

const ODD_TARGETS = [
  "/../../../etc/passwd",
  "/%2e%2e/%2e%2e/etc/passwd",
  "/assets/..%2f..%2f..%2fpackage.json",
  "/assets/%2e%2e/%2e%2e/src/bin.ts",
  "/docs/static/..%2f..%2f..%2fpackage.json",
  "//etc/passwd",
  "/api/v1/photos/1/original/../../../../../etc/passwd",
  "/api/v1//photos",
  "/api/v1/photos/%00",
  "/%ff%fe",
  "/api/v1/models/..%2f..%2fsecret/pull",
  "http://evil.example/api/v1/stats",
  "*",
  `/${"a".repeat(20_000)}`,
  "/api/v1/photos?".padEnd(15_000, "a=1&"),
  "/index.html%00.png",
  "/.git/config",
  "/library.db",
];

/** Fields that name something on the server's disk: only what is certainly not there may be sent. */
const PATH_FIELD = /path|folder|dir|file|target|destination/i;

/** An endless source of requests; `photo` is a picture that is right, for forms that nearly are. */
export function createFuzzer(api: ApiDocument, seed: number, photo: Buffer): () => FuzzedRequest {
  const random = createRandom(seed);
  const schemas = (JSON.parse(api.text) as { components: { schemas: Record<string, JsonSchema> } }).components
    .schemas;
  const chance = (share: number) => random() < share;
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <T>(values: readonly T[]): T => values[below(values.length)]!;

  /** A value that the schema allows, mostly. */
  function valueOf(schema: JsonSchema, field: string, depth = 0): unknown {
    if (PATH_FIELD.test(field)) return `/no/such/folder/${pick(ODD_TEXTS)}`;
    if (depth > 6) return null;
    if (schema.$ref !== undefined)
      return valueOf(schemas[schema.$ref.split("/").at(-1)!] ?? {}, field, depth + 1);
    if (schema.enum !== undefined) return pick(schema.enum);
    if (schema.const !== undefined) return schema.const;
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices !== undefined) return valueOf(pick(choices), field, depth + 1);
    const type = typeof schema.type === "object" ? pick(schema.type) : schema.type;
    if (type === "object") {
      const fields = Object.entries(schema.properties ?? {}).filter(() => chance(0.8));
      return Object.fromEntries(fields.map(([name, own]) => [name, valueOf(own, name, depth + 1)]));
    }
    if (type === "array")
      return Array.from({ length: below(4) }, () => valueOf(schema.items ?? {}, field, depth + 1));
    if (type === "integer" || type === "number")
      return pick([1, 2, 0, -1, below(100), schema.minimum ?? 0.5, schema.maximum ?? 7, 1e12]);
    if (type === "boolean") return chance(0.5);
    return pick(["a", "red", "2024-02", "00000000-0000-4000-8000-000000000000", ...ODD_TEXTS]);
  }

  /** The same with one field that is wrong. */
  function damage(value: unknown, field = ""): unknown {
    if (PATH_FIELD.test(field)) return pick([7, null, [], {}, "", "relative/../path", "\u0000"]);
    if (typeof value !== "object" || value === null || chance(0.15)) return pick(ODD_VALUES);
    if (Array.isArray(value))
      return value.length === 0 ? pick(ODD_VALUES) : value.with(below(value.length), damage(value[0]));
    const keys = Object.keys(value);
    if (keys.length === 0 || chance(0.2))
      return { ...value, [pick(["nonsense", "__proto__x", "constructor", "toString"])]: pick(ODD_VALUES) };
    const key = pick(keys);
    return { ...value, [key]: damage((value as Record<string, unknown>)[key], key) };
  }

  function targetOf({ path, parameters }: ApiOperation): string {
    const escape = (text: string) =>
      chance(0.7) ? encodeURIComponent(text.toWellFormed()) : text.replaceAll(/[^!$&-;=@-Z_a-z~%]/g, "_");
    const filled = path.replaceAll(
      /\{\w+\}/g,
      () => escape(chance(0.5) ? String(1 + below(6)) : pick(ODD_TEXTS)) || "1",
    );
    const pairs = parameters
      .filter(({ in: place }) => place === "query" && chance(0.4))
      .map(
        ({ name, schema }) =>
          `${name}=${escape(String(chance(0.5) ? valueOf(schema as JsonSchema, name) : pick(ODD_TEXTS)))}`,
      );
    if (chance(0.05)) pairs.push(`${pick(["other", "__proto__", "page[]", "a[b][c]"])}=1`);
    return pairs.length === 0 ? filled : `${filled}?${pairs.join("&")}`;
  }

  function jsonOf(schema: JsonSchema): Buffer {
    if (chance(0.15)) return Buffer.from(pick(ODD_JSON));
    const value = valueOf(schema, "");
    return Buffer.from(JSON.stringify(chance(0.7) ? damage(value) : value) ?? "null");
  }

  function formOf(schema: JsonSchema, boundary: string): Buffer {
    const parts: Buffer[] = [];
    const part = (headers: string, content: Buffer | string) =>
      parts.push(
        Buffer.from(`--${boundary}\r\n${headers}\r\n\r\n`),
        Buffer.from(content),
        Buffer.from("\r\n"),
      );
    for (const [name, own] of Object.entries(schema.properties ?? {})) {
      if (name.startsWith("file") || chance(0.5)) continue;
      const value = chance(0.5) ? valueOf(own, name) : pick(ODD_TEXTS);
      part(`content-disposition: form-data; name="${name}"`, String(value).slice(0, 20_000));
    }
    if (chance(0.05)) part('content-disposition: form-data; name="__proto__"', "polluted");
    if (chance(0.05)) for (let i = 0; i < 200; i++) part(`content-disposition: form-data; name="f${i}"`, "x");
    for (let i = below(4); i > 0; i--) {
      const name = pick(["file", "file", "file1", "file2", "other"]);
      const fileName = chance(0.5) ? "a.jpg" : pick(ODD_FILE_NAMES);
      const content = pick([
        photo,
        photo.subarray(0, below(photo.length)),
        Buffer.from(pick(ODD_TEXTS)),
        Buffer.alloc(70_000, 7),
      ]);
      part(
        `content-disposition: form-data; name="${name}"; filename="${fileName}"\r\ncontent-type: image/jpeg`,
        content,
      );
    }
    if (chance(0.1)) part("x-no-disposition: 1", "lost");
    if (chance(0.8)) parts.push(Buffer.from(`--${boundary}--\r\n`));
    const whole = Buffer.concat(parts);
    return chance(0.2) ? whole.subarray(0, below(whole.length + 1)) : whole;
  }

  function oddHeaders(): [string, string][] {
    const clean = (text: string) => text.replaceAll(/[^\x20-\x7e]/g, "").slice(0, 3000);
    const pool: readonly (() => [string, string])[] = [
      () => [
        "range",
        pick(["bytes=0-", "bytes=-1", "bytes=9-1", "bytes=0-0,1-1", "lines=1", clean(pick(ODD_TEXTS))]),
      ],
      () => ["if-none-match", pick(["*", '"x"', 'W/"x"', clean(pick(ODD_TEXTS))])],
      () => ["if-range", clean(pick(ODD_TEXTS))],
      () => ["cookie", `a=${"b".repeat(below(6000))}; __proto__=1; ${clean(pick(ODD_TEXTS))}`],
      () => ["authorization", pick(["Basic %%%", "Bearer ", "Basic ", `Basic ${"A".repeat(4000)}`])],
      () => ["accept", clean(pick(ODD_TEXTS))],
      () => ["accept-encoding", "gzip;q=NaN, \u00e4"],
      () => ["x-forwarded-for", "127.0.0.1, evil"],
      () => ["x-http-method-override", "DELETE"],
      () => ["expect", pick(["100-continue", "nonsense"])],
      () => ["origin", pick(["null", "http://evil.example", "http://localhost", "%%%"])],
      () => ["sec-fetch-site", pick(["cross-site", "same-origin", "x"])],
      () => ["transfer-encoding", pick(["identity", "gzip, chunked", "chunked"])],
      () => ["content-encoding", "gzip"],
      () => ["connection", "upgrade"],
      () => ["upgrade", "websocket"],
    ];
    return Array.from({ length: below(3) }, () => pick(pool)());
  }

  return () => {
    const headers = chance(0.4) ? oddHeaders() : [];
    if (chance(0.04)) return { kind: "target", method: "GET", target: pick(ODD_TARGETS), headers };
    const operation = pick(api.operations);
    const target = targetOf(operation);
    if (chance(0.04)) return { kind: "method", method: pick(ODD_METHODS), target, headers };
    const [mediaType, content] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
    const schema = (content?.schema ?? {}) as JsonSchema;
    if (mediaType === undefined) return { kind: "parameters", method: operation.method, target, headers };
    if (mediaType.startsWith("multipart/")) {
      const boundary = chance(0.9) ? "x----x" : "";
      const type = chance(0.9)
        ? `multipart/form-data; boundary=${boundary}`
        : pick(["multipart/form-data", "multipart/mixed; boundary=x", "application/json"]);
      const body = formOf(resolve(schema), "x----x");
      return {
        kind: "form",
        method: operation.method,
        target,
        headers: [...headers, ["content-type", type]],
        body,
      };
    }
    const type = chance(0.9)
      ? "application/json"
      : pick([
          "text/plain",
          "application/x-www-form-urlencoded",
          "nonsense",
          "application/json; charset=utf-7",
        ]);
    return {
      kind: "body",
      method: operation.method,
      target,
      headers: [...headers, ["content-type", type]],
      body: jsonOf(schema),
    };
  };

  function resolve(schema: JsonSchema): JsonSchema {
    return schema.$ref === undefined ? schema : (schemas[schema.$ref.split("/").at(-1)!] ?? {});
  }
}

/** Sends a request as it is and reads what comes back until the server closes, a stream begins, or `patienceMs` have passed. */
export function sendRaw(url: string, request: FuzzedRequest, patienceMs = 30_000): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const { method, target, headers, body } = request;
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), timeout: patienceMs });
    let received = "";
    const end = () => {
      socket.destroy();
      const status = Number(
        /^HTTP\/1\.\d (\d{3})/.exec(received.replace(/^HTTP\/1\.1 100[^\n]*\r\n\r\n/, ""))?.[1] ?? 0,
      );
      resolve({ status, text: received });
    };
    socket.on("data", (chunk) => {
      if (received.length < 200_000) received += chunk.toString("latin1");
      if (received.includes("text/event-stream")) end();
    });
    socket.on("error", end);
    socket.on("timeout", end);
    socket.on("close", end);
    const lines = [["host", "localhost"], ["connection", "close"], ...headers] as const;
    const length = body === undefined ? [] : [`content-length: ${body.length}`];
    const head = [
      `${method} ${target.replaceAll(/[\r\n ]/g, "_")} HTTP/1.1`,
      ...lines.map(([name, value]) => `${name}: ${value}`),
      ...length,
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\n`, "latin1");
    if (body !== undefined) socket.write(body);
  });
}

/** What an answer gives away that it must not; undefined where nothing is. */
export function findLeak({ status, text }: RawAnswer, secrets: readonly string[]): string | undefined {
  if (status < 400) return undefined;
  if (/\n\s+at .+[:(]\d+|node_modules|\.ts:\d+|SQLITE_|no such (?:table|column)/.test(text))
    return "a trace of the program";
  return secrets.find((secret) => text.includes(secret));
}
