import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Problem } from "../../src/api/common.ts";
import { readApiDocument, type ApiDocument, type ApiOperation, type ApiParameter } from "./api-document.ts";
import type { Call, GoodCalls } from "./good-call.ts";
import { goodCuratingCalls, goodLibraryCalls } from "./good-library-calls.ts";
import { goodDuplicateCalls, goodPeopleCalls } from "./good-people-calls.ts";
import { drawPhoto, drawWord, openTestLibrary, type TestLibrary } from "./open-test-library.ts";

let test: TestLibrary;
let api: ApiDocument;
/** Of every operation one, made before any is sent. */
let goodCalls: GoodCalls;

beforeAll(async () => {
  const broken = (await drawPhoto("gray")).subarray(0, 300);
  const red = await drawPhoto("red", { takenAt: "2023:05:06 07:08:09", camera: "Box 1" });
  test = await openTestLibrary({
    files: { "exit.png": await drawWord("EXIT"), "red.jpg": red, "broken.jpg": broken },
  });
  api = await readApiDocument(test.url);
  goodCalls = {
    ...(await goodLibraryCalls(test)),
    ...(await goodCuratingCalls(test)),
    ...(await goodPeopleCalls(test)),
    ...(await goodDuplicateCalls(test)),
  };
}, 60_000);

afterAll(() => test.close());

interface Answer {
  readonly status: number;
  readonly mediaType: string;
  readonly text: string;
}

async function call({ path, method = "GET", body, form, headers = {} }: Call): Promise<Answer> {
  const response = await fetch(test.url + path, {
    method,
    headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    ...(form === undefined ? {} : { body: form }),
  });
  const mediaType = response.headers.get("content-type")?.split(";")[0] ?? "";
  if (mediaType === "text/event-stream") await response.body!.cancel();
  const text = response.bodyUsed || mediaType === "text/event-stream" ? "" : await response.text();
  return { status: response.status, mediaType, text };
}

/** A refusal must be a problem document; gives it. */
function toProblem({ status, mediaType, text }: Answer): Problem {
  expect(mediaType, text).toBe("application/problem+json");
  const problem = Problem.parse(JSON.parse(text));
  expect(problem.status).toBe(status);
  expect(problem.detail).not.toBe("");
  return problem;
}

describe("/openapi.json", () => {
  it("is an OpenAPI 3.1 document in which every reference leads somewhere", () => {
    expect(api.openapi).toMatch(/^3\.1\./);
    expect(api.info).toMatchObject({ title: "Keepsight", version: "0.0.0-test" });
    const { components } = JSON.parse(api.text) as { components: { schemas: Record<string, unknown> } };
    for (const [, name] of api.text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
      expect(Object.keys(components.schemas)).toContain(name);
    expect(api.text).not.toMatch(/"\$ref":"(?!#\/components\/schemas\/)/);
  });

  it("describes every operation: summary, tag, each parameter, each answer", () => {
    for (const { method, path, summary, tags, parameters, responses } of api.operations) {
      const name = `${method} ${path}`;
      expect(summary, name).toBeTruthy();
      expect(tags, name).toHaveLength(1);
      for (const parameter of parameters)
        // A schema of its own describes itself.
        expect(
          parameter.description ?? JSON.stringify(parameter.schema).includes("$ref"),
          `${name}: ${parameter.name}`,
        ).toBeTruthy();
      const declared = parameters.filter((parameter) => parameter.in === "path");
      expect(declared.map(({ name: own, required }) => required && own)).toEqual(
        [...path.matchAll(/\{(\w+)\}/g)].map(([, own]) => own),
      );
      expect(Object.keys(responses), name).toEqual(expect.arrayContaining(["4XX", "5XX"]));
      for (const response of Object.values(responses)) expect(response.description, name).toBeTruthy();
    }
  });

  it("describes the form of an upload", () => {
    const upload = api.operations.find(({ path }) => path === "/api/v1/ingest")!;
    const schema = upload.requestBody!.content!["multipart/form-data"]!.schema as {
      properties: Record<string, { description?: string }>;
      required: string[];
    };
    expect(schema.required).toEqual(["file"]);
    for (const property of Object.values(schema.properties)) expect(property.description).toBeTruthy();
  });

  it("can be browsed at /docs", async () => {
    const page = await call({ path: "/docs/" });
    expect(page).toMatchObject({ status: 200, mediaType: "text/html" });
    for (const [, file] of page.text.matchAll(/(?:src|href)="\.\/([^"]+)"/g))
      expect((await call({ path: `/docs/${file}` })).status, file).toBe(200);
  });
});

describe("every route", () => {
  it("answers a good request with what it declares", async () => {
    const known = api.operations.map(({ method, path }) => `${method} ${path}`);
    expect(known.toSorted()).toEqual(Object.keys(goodCalls).toSorted());
    // What removes something comes last.
    const turnOf = ({ method }: ApiOperation) => (method === "DELETE" ? 1 : 0);
    for (const operation of api.operations.toSorted((a, b) => turnOf(a) - turnOf(b))) {
      const name = `${operation.method} ${operation.path}`;
      const [status, request] = goodCalls[name]!;
      const answer = await call({ ...request, method: operation.method });
      expect(answer.status, `${name}: ${answer.text}`).toBe(status);
      if (!answer.mediaType.endsWith("json")) continue;
      const schema = api.answerSchema(operation, answer.status, answer.mediaType);
      expect(schema, name).toBeDefined();
      const checked = schema!.safeParse(JSON.parse(answer.text));
      expect(checked.error, name).toBeUndefined();
    }
  });

  it("names the parameter that is wrong", async () => {
    for (const operation of api.operations) {
      for (const parameter of operation.parameters) {
        for (const value of badValues(parameter)) {
          const name = `${operation.method} ${operation.path} ${parameter.name}=${JSON.stringify(value).slice(0, 40)}`;
          const answer = await call({ path: fill(operation, parameter, value), method: operation.method });
          const problem = toProblem(answer);
          expect(problem, name).toMatchObject({ status: 400, code: "bad_request" });
          expect(
            problem.errors!.map(({ field }) => field.split(".")[0]),
            name,
          ).toContain(parameter.name);
        }
      }
    }
  });

  it("names a parameter or a field that it does not know", async () => {
    for (const operation of api.operations) {
      const name = `${operation.method} ${operation.path}`;
      const body = goodCalls[name]?.[1].body;
      if (operation.parameters.some(({ in: place }) => place === "query")) {
        const path = `${fill(operation, undefined, "")}?nonsense=1`;
        const problem = toProblem(await call({ path, method: operation.method, body }));
        expect(problem, name).toMatchObject({ status: 400, code: "bad_request" });
        expect(
          problem.errors!.map(({ field }) => field),
          name,
        ).toContain("nonsense");
      }
      if (operation.requestBody?.content?.["application/json"] === undefined) continue;
      const path = fill(operation, undefined, "");
      const answer = await call({
        path,
        method: operation.method,
        body: { ...(body as object), nonsense: 1 },
      });
      const problem = toProblem(answer);
      expect(problem, name).toMatchObject({ status: 400, code: "bad_request" });
      expect(
        problem.errors!.map(({ field }) => field),
        name,
      ).toContain("nonsense");
    }
  });

  it("names a field of a form that it does not know", async () => {
    const forms = api.operations.filter(({ requestBody }) => requestBody?.content?.["multipart/form-data"]);
    expect(forms.length).toBeGreaterThan(6);
    for (const operation of forms) {
      const name = `${operation.method} ${operation.path}`;
      const request = goodCalls[name]?.[1];
      // Fields apply to what comes after them.
      const form = new FormData();
      form.append("nonsense", "1");
      if (request?.form === undefined)
        form.append("file", new Blob([new Uint8Array(await drawPhoto("navy"))]), "a.jpg");
      for (const [field, value] of request?.form ?? []) form.append(field, value);
      const answer = await call({ path: fill(operation, undefined, ""), method: operation.method, form });
      // A batch has begun to answer by then.
      if (answer.mediaType === "application/x-ndjson") expect(answer.text, name).toContain("nonsense");
      else
        expect(
          toProblem(answer).errors!.map(({ field }) => field),
          name,
        ).toContain("nonsense");
    }
  });

  it("gives every list in pages of bounded size", async () => {
    const lists = api.operations.filter(({ parameters }) => parameters.some(({ name }) => name === "page"));
    expect(lists.length).toBeGreaterThan(8);
    for (const operation of lists) {
      for (const wrong of ["page=0", "pageSize=0", "pageSize=101", "page=1000001"]) {
        const path = `${fill(operation, undefined, "")}?${wrong}`;
        const problem = toProblem(await call({ path, method: operation.method }));
        expect(problem, path).toMatchObject({ status: 400 });
        expect(
          problem.errors!.map(({ field }) => field),
          path,
        ).toContain(wrong.split("=")[0]);
      }
    }
  });

  it("says so when an id or a kind is unknown", async () => {
    for (const operation of api.operations) {
      const [parameter] = operation.parameters.filter(({ in: place }) => place === "path");
      // Of these every value is known: another is a bad request.
      if (parameter === undefined || ["month", "space"].includes(parameter.name)) continue;
      const body = goodCalls[`${operation.method} ${operation.path}`]![1].body;
      const answer = await call({
        path: fill(operation, parameter, unknownValue(parameter)),
        method: operation.method,
        body,
      });
      const name = `${operation.method} ${operation.path}: ${answer.text}`;
      expect(toProblem(answer).code, name).toBe("not_found");
    }
  });

  it("refuses bodies that are not what it reads", async () => {
    const withBody = api.operations.filter(({ requestBody }) => requestBody?.content?.["application/json"]);
    expect(withBody.length).toBeGreaterThan(20);
    for (const operation of withBody) {
      const path = fill(operation, undefined, "");
      const { method } = operation;
      const post = async (body: unknown, contentType = "application/json") =>
        toProblem(await call({ path, method, body, headers: { "content-type": contentType } }));
      expect(await post("{", "application/json")).toMatchObject({ status: 400, code: "bad_request" });
      expect(await post("a=b", "application/x-www-form-urlencoded")).toMatchObject({
        status: 415,
        code: "unsupported_media",
      });
      // What was exported comes back in one body, which is larger.
      if (operation.path !== "/api/v1/import")
        expect(await post(`"${"x".repeat(2_000_000)}"`)).toMatchObject({ status: 413, code: "too_large" });
      for (const body of ["[]", "7", '"text"', wrongEverywhere(7), wrongEverywhere({})])
        expect((await post(body)).errors, `${path} ${body}`).not.toHaveLength(0);
    }
  });

  it("answers 404 as a problem where there is nothing, and a page where the web app may be", async () => {
    for (const path of ["/api/v1/nothing", "/api/v2/photos", "/api", "/nothing.js", "/health/other"])
      expect(toProblem(await call({ path })).code, path).toBe("not_found");
    expect(toProblem(await call({ path: "/api/v1/photos", method: "PUT" })).code).toBe("not_found");
    expect(toProblem(await call({ path: "/%zz" })).status).toBe(400);
    const page = await call({ path: "/photos/7" });
    expect(page.status === 200 ? page.mediaType : toProblem(page).detail).toMatch(
      /^text\/html|not been built/,
    );
  });
});

/** A value that looks like an id of its kind and is none. */
function unknownValue({ name, schema }: ApiParameter): string {
  if (schema.type === "integer") return "987654321";
  if (schema.format === "uuid") return "00000000-0000-4000-8000-000000000000";
  return name === "clusterId" ? "clu_000000000000" : "no\u0000such/thing";
}

/** A body in which no field has the type that any route wants of it. */
function wrongEverywhere(value: unknown): string {
  const texts = [
    "path",
    "name",
    "intoPersonId",
    "targetPersonId",
    "otherPersonId",
    "personId",
    "unknownMethod",
  ];
  const numbers = ["photoId", "faceId", "epochs", "limit", "minClusterSize", "maxFaces", "minConfidence"];
  const others = [
    "steps",
    "faceIds",
    "box",
    "queue",
    "isHidden",
    "all",
    "dryRun",
    "groupIds",
    "detectBursts",
  ];
  return JSON.stringify({
    ...Object.fromEntries([...texts, ...others].map((field) => [field, value])),
    ...Object.fromEntries(numbers.map((field) => [field, "no number"])),
    ...(value === 7 ? {} : { faceIds: [], steps: ["no"], path: "" }),
  });
}

/** Values that a parameter of this schema must not take. */
function badValues({ schema, name, in: place }: ApiParameter): string[] {
  if (schema.enum !== undefined) return ["nonsense", "", "\u0000"];
  if (schema.type === "integer") {
    const small = schema.minimum === undefined || schema.minimum < 0 ? [] : ["-1"];
    return ["abc", "NaN", "Infinity", "1.5", "1e99", "9".repeat(40), "1\u0000", "ä", ...small];
  }
  if (schema.format === "uuid") return ["1", "abc", "\u0000", "00000000-0000-4000-8000-00000000000"];
  if (name === "clusterId") return ["a b", "\u0000", "x".repeat(201)];
  if (schema.pattern !== undefined) return ["yesterday", "2024-13", "2024-1", "\n2024-01", "99999"];
  if (name === "near")
    return ["", "1,2", "1,2,3,4", "91,0,5", "0,181,5", "0,0,-1", "0,0,1e9", "NaN,0,1", ",,5"];
  if (name === "object") return ["", ":0.5", "dog:7", "dog:..", "x".repeat(201)];
  return [
    ...(schema.maxLength === undefined ? [] : ["x".repeat(schema.maxLength + 1)]),
    ...(schema.minLength === undefined || place === "path" ? [] : [""]),
  ];
}

/** The operation's path with a value for one parameter, and values that exist for the others. */
function fill(
  { path, parameters }: ApiOperation,
  parameter: ApiParameter | undefined,
  value: string,
): string {
  const photoId = String(test.idOf("red.jpg"));
  const fallback: Record<string, string> = {
    clusterId: "clu_000000000000",
    kind: "analyse",
    month: "2024-02",
    space: "photos",
  };
  const filled = path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => {
    if (name === parameter?.name) return encodeURIComponent(value);
    const isUuid = parameters.find((own) => own.name === name)?.schema.format === "uuid";
    return isUuid ? "00000000-0000-4000-8000-000000000000" : (fallback[name] ?? photoId);
  });
  return parameter?.in === "query" ? `${filled}?${parameter.name}=${encodeURIComponent(value)}` : filled;
}
