import type { Registry } from "prom-client";
import { Health } from "../../api/system.ts";
import type { ApiServer } from "../api-server.ts";
import { contentOf } from "../documentation.ts";

/** Whether the server can do its work. */
export type Readiness = () => { readonly status: "ok" | "starting" | "stopping"; readonly reason?: string };

export interface HealthRoutesOptions {
  readonly readiness: Readiness;
  readonly metrics: Registry;
}

/** `/health/live`: the process runs. `/health/ready`: it can answer. `/metrics`: Prometheus text. */
export function addHealthRoutes(server: ApiServer, { readiness, metrics }: HealthRoutesOptions): void {
  server.get(
    "/health/live",
    { schema: { tags: ["system"], summary: "Whether the process lives", response: { 200: Health } } },
    async () => ({ status: "ok" as const }),
  );

  server.get(
    "/health/ready",
    {
      schema: { tags: ["system"], summary: "Whether it can answer", response: { 200: Health, 503: Health } },
    },
    async (_request, reply) => {
      const state = readiness();
      return reply.code(state.status === "ok" ? 200 : 503).send(state);
    },
  );

  server.get(
    "/metrics",
    {
      schema: {
        tags: ["system"],
        summary: "Prometheus metrics",
        response: { 200: contentOf("Prometheus text", "text/plain") },
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()),
  );
}
