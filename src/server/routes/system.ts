import { JobAccepted } from "../../api/common.ts";
import { ModelList, ModelParams, Stats } from "../../api/system.ts";
import type { LibraryStats } from "../../engine/library-stats.ts";
import type { ModelLibrary } from "../../engine/model-library.ts";
import type { ModelChange } from "../../engine/serving-models.ts";
import type { ApiServer } from "../api-server.ts";

export interface SystemRoutesOptions {
  readonly stats: LibraryStats;
  readonly models: ModelLibrary;
  readonly modelChanges: () => readonly ModelChange[];
}

/** Numbers about the library, and its models. */
export function addSystemRoutes(
  server: ApiServer,
  { stats, models, modelChanges }: SystemRoutesOptions,
): void {
  server.get(
    "/stats",
    { schema: { tags: ["system"], summary: "What the library holds", response: { 200: Stats } } },
    async () => stats.read(),
  );

  server.get(
    "/models",
    {
      schema: {
        tags: ["models"],
        summary: "Models, and what each step runs with",
        response: { 200: ModelList },
      },
    },
    async () => ({ ...(await models.list()), changes: [...modelChanges()] }),
  );

  server.post(
    "/models/:id/pull",
    {
      schema: {
        tags: ["models"],
        summary: "Download a model",
        params: ModelParams,
        response: { 202: JobAccepted },
      },
    },
    async ({ params }, reply) => reply.code(202).send({ jobId: await models.queuePull(params.id) }),
  );
}
