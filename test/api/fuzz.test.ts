import { Agent, request as send } from "node:http";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readApiDocument, type ApiDocument, type ApiOperation } from "./api-document.ts";
import { openTestLibrary, type TestLibrary } from "./open-test-library.ts";

/** Requests in all, and how many of them are sent together. */
const REQUESTS = 2000;
const TOGETHER = 20;

let test: TestLibrary;
let api: ApiDocument;
const agent = new Agent({ keepAlive: true, maxSockets: TOGETHER });

beforeAll(async () => {
  test = await openTestLibrary();
  api = await readApiDocument(test.url);
});

afterAll(async () => {
  agent.destroy();
  await test.close();
});

/** Values that have broken parsers before, and values that are right here and there. */
const value = fc.oneof(
  fc.constantFrom(
    "",
    "1",
    "2",
    "0",
    "-1",
    "1e400",
    "NaN",
    "null",
    "true",
    "[object Object]",
    "2024-02",
    "2024-02-30",
  ),
  fc.constantFrom(
    "\u0000",
    "\u202e",
    "%",
    "%00",
    "%zz",
    "..",
    "../../etc/passwd",
    "' or 1=1 --",
    '"',
    "*",
    "a:0.5",
  ),
  fc.constantFrom(
    "NEAR(a b)",
    'exit"',
    "exit*",
    "-exit",
    "^",
    "col:a",
    "9".repeat(40),
    "x".repeat(5000),
    "𝕏",
    "\n",
  ),
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.string({ maxLength: 300 }),
  fc.double().map(String),
);

const json = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.record(
    {
      photoId: fc.oneof(fc.integer(), fc.double(), fc.string()),
      limit: fc.oneof(fc.integer(), fc.double()),
      steps: fc.array(fc.oneof(fc.constantFrom("hash", "ocr", "none"), fc.integer())),
      // Never a folder that exists: it would be imported.
      path: fc.string({ unit: "binary" }).map((text) => `/no/such/folder/${text}`),
      __proto__: fc.constant({ polluted: true }),
    },
    { requiredKeys: [] },
  ),
);

interface FuzzedRequest {
  readonly operation: number;
  readonly names: readonly string[];
  readonly query: readonly (readonly [name: number, value: string])[];
  readonly body: unknown;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
}

const fuzzedRequest: fc.Arbitrary<FuzzedRequest> = fc.record({
  operation: fc.nat(),
  names: fc.array(value, { minLength: 2, maxLength: 2 }),
  query: fc.array(fc.tuple(fc.nat(), value), { maxLength: 6 }),
  body: fc.oneof(
    json.map((body) => JSON.stringify(body)),
    value,
  ),
  contentType: fc.constantFrom(
    "application/json",
    "application/json",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "text/plain",
    "application/x-www-form-urlencoded",
    "nonsense",
  ),
  headers: fc.dictionary(
    fc.constantFrom(
      "range",
      "if-none-match",
      "if-range",
      "accept",
      "accept-encoding",
      "x-forwarded-for",
      "origin-agent",
    ),
    fc.string({ maxLength: 40 }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, "")),
    { maxKeys: 2 },
  ),
});

/** The target of a request line; half of the values are escaped, the others go as they are where that is possible. */
function toTarget({ path, parameters }: ApiOperation, { names, query }: FuzzedRequest): string {
  const escape = (text: string, i: number) =>
    i % 2 === 0 ? encodeURIComponent(text.toWellFormed()) : text.replaceAll(/[^!$&-;=@-Z_a-z~%]/g, "_");
  let next = 0;
  const filled = path.replaceAll(/\{\w+\}/g, () => escape(names[next++ % names.length]!, 0) || "1");
  const known = parameters.filter((parameter) => parameter.in === "query").map(({ name }) => name);
  const pairs = query.map(
    ([name, text], i) => `${known[name % (known.length + 1)] ?? "other"}=${escape(text, i)}`,
  );
  return pairs.length === 0 ? filled : `${filled}?${pairs.join("&")}`;
}

/** The status of the answer, with its text when that is an error of the server. */
function ask(fuzzed: FuzzedRequest): Promise<{ status: number; text: string; target: string }> {
  const operation = api.operations[fuzzed.operation % api.operations.length]!;
  const target = toTarget(operation, fuzzed);
  const { hostname, port } = new URL(test.url);
  const hasBody = operation.method === "POST";
  return new Promise((resolve, reject) => {
    const request = send(
      {
        agent,
        host: hostname,
        port,
        method: operation.method,
        path: target,
        headers: { ...fuzzed.headers, ...(hasBody ? { "content-type": fuzzed.contentType } : {}) },
      },
      (response) => {
        const answer = { status: response.statusCode!, target: `${operation.method} ${target}` };
        if (response.headers["content-type"]?.startsWith("text/event-stream")) {
          response.destroy();
          resolve({ ...answer, text: "" });
          return;
        }
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
        response.on("end", () => resolve({ ...answer, text }));
        response.on("error", reject);
      },
    );
    request.on("error", reject);
    request.end(hasBody ? fuzzed.body : undefined);
  });
}

describe("the API", () => {
  it(`answers ${REQUESTS} senseless requests without an error of its own`, async () => {
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fuzzedRequest, { minLength: TOGETHER, maxLength: TOGETHER }),
        async (requests) => {
          for (const { status, text, target } of await Promise.all(requests.map(ask))) {
            statuses.add(status);
            if (status >= 500) throw new Error(`${target}: ${status} ${text}`);
          }
        },
      ),
      { numRuns: REQUESTS / TOGETHER },
    );
    expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 404, 415]));
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    const ready = await fetch(`${test.url}/health/ready`);
    expect(ready.status).toBe(200);
    expect((await test.library.photos.list({}, { sort: "newest", limit: 1, offset: 0 })).items).toBeDefined();
  });
});
