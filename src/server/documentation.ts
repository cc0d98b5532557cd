import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifySchema } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import { z } from "zod";
import { Problem } from "../api/common.ts";
import type { ApiServer } from "./api-server.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Fields of a multipart body: for the documentation only, since what arrives as a stream is checked by its route. */
    form?: z.ZodType;
  }
}

type Transform = typeof jsonSchemaTransform;

/** A response of one of these media types that is no JSON with a schema. */
export function contentOf(description: string, ...mediaTypes: readonly string[]) {
  return {
    description,
    content: Object.fromEntries(mediaTypes.map((mediaType) => [mediaType, { schema: z.unknown() }])),
  };
}

/** Describes every route at `/openapi.json`, browsable at `/docs`. To be added before the routes. */
export async function addDocumentation(server: ApiServer, version: string): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Keepsight",
        version,
        description: "Find photos by what, who, which words, when, where and looks.",
      },
    },
    transform: describeRoute as Transform,
    transformObject: describeSchemas,
  });
  await server.register(swaggerUi, { routePrefix: "/docs" });
  server.get("/openapi.json", { schema: { hide: true } }, async () => server.swagger());
}

/** Every route may refuse with a problem document; a form is described as its body. */
function describeRoute({ schema, ...route }: Parameters<Transform>[0]): ReturnType<Transform> {
  if (schema === undefined || (schema as FastifySchema & { hide?: boolean }).hide === true)
    return jsonSchemaTransform({ schema, ...route });
  const refusal = {
    description: "A problem document that says what is wrong",
    content: { "application/problem+json": { schema: Problem } },
  };
  const response = {
    ...(schema.response as Record<string, unknown> | undefined),
    "4XX": refusal,
    "5XX": refusal,
  };
  const form = route.route.config?.form;
  const body = schema.body ?? form;
  return jsonSchemaTransform({
    ...route,
    schema: { ...schema, response, ...(body === undefined ? {} : { body }) },
  });
}

/** Leaves out schemas that no route refers to: each is listed once for requests and once for answers. */
const describeSchemas: typeof jsonSchemaTransformObject = (document) => {
  const described = jsonSchemaTransformObject(document) as {
    paths?: object;
    components?: { schemas?: Record<string, unknown> };
  };
  const schemas = described.components?.schemas ?? {};
  const used = new Set<string>();
  const visit = (value: unknown) => {
    for (const [, name] of JSON.stringify(value ?? {}).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (used.has(name!)) continue;
      used.add(name!);
      visit(schemas[name!]);
    }
  };
  visit(described.paths);
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
  return { ...described, components: { ...described.components, schemas: kept } } as ReturnType<
    typeof jsonSchemaTransformObject
  >;
};
