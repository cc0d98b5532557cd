/** The API's own description, as tests walk it. */
import { z } from "zod";

/** One parameter of an operation. */
export interface ApiParameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: {
    readonly type?: string | readonly string[];
    readonly enum?: readonly unknown[];
    readonly maxLength?: number;
    readonly minLength?: number;
    readonly pattern?: string;
    readonly format?: string;
    readonly minimum?: number;
  };
}

interface ApiContent {
  readonly content?: Readonly<Record<string, { readonly schema?: unknown }>>;
}

/** One method of one path. */
export interface ApiOperation {
  /** Upper case. */
  readonly method: string;
  /** With `{names}` of parameters. */
  readonly path: string;
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly parameters: readonly ApiParameter[];
  readonly requestBody?: ApiContent;
  readonly responses: Readonly<Record<string, ApiContent & { readonly description?: string }>>;
}

/** An OpenAPI document with its operations as a list. */
export interface ApiDocument {
  readonly text: string;
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly operations: readonly ApiOperation[];
  /** The schema of an operation's JSON answer; undefined when the answer is no JSON or not described. */
  answerSchema(operation: ApiOperation, status: number, mediaType: string): z.ZodType | undefined;
}

interface RawDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<string, Omit<ApiOperation, "method" | "path" | "parameters"> & { parameters?: ApiParameter[] }>
      >
    >
  >;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

/** Reads the description that a server gives of itself. */
export async function readApiDocument(url: string): Promise<ApiDocument> {
  const text = await (await fetch(`${url}/openapi.json`)).text();
  const document = JSON.parse(text) as RawDocument;
  // zod knows definitions inside a schema, not beside it.
  const definitions = JSON.parse(
    JSON.stringify(document.components.schemas).replaceAll("#/components/schemas/", "#/$defs/"),
  ) as Record<string, unknown>;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path,
      parameters: operation.parameters ?? [],
    })),
  );
  return {
    text,
    openapi: document.openapi,
    info: document.info,
    operations,
    answerSchema({ responses }, status, mediaType) {
      const response = responses[String(status)] ?? responses[`${Math.trunc(status / 100)}XX`];
      const schema = response?.content?.[mediaType]?.schema;
      if (schema === undefined) return undefined;
      const local = JSON.parse(
        JSON.stringify(schema).replaceAll("#/components/schemas/", "#/$defs/"),
      ) as object;
      return z.fromJSONSchema({ ...local, $defs: definitions } as Parameters<typeof z.fromJSONSchema>[0]);
    },
  };
}
