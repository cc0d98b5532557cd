import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { KeepsightError } from "../../core/errors.ts";
import type { Registration, SharedRegions } from "../../kserve/shared-regions.ts";

/** The largest region and the farthest it may begin in its file. */
const MAX_REGION_BYTES = 1024 ** 3;

const JsonRegistration = z.object({
  key: z.string().max(100),
  offset: z.int().min(0).max(MAX_REGION_BYTES).default(0),
  byte_size: z.int().min(1).max(MAX_REGION_BYTES),
});

/** The routes of the extension as the protocol has them. */
export function addSharedMemoryRoutes(server: FastifyInstance, regions: SharedRegions): void {
  const path = "/v2/systemsharedmemory";
  type Named = { Params: { name: string } };
  server.get(`${path}/status`, async () => regions.list().map(describe));
  server.get<Named>(`${path}/region/:name/status`, async ({ params }) =>
    regions
      .list()
      .filter(({ name }) => name === params.name)
      .map(describe),
  );
  server.post<Named>(`${path}/region/:name/register`, async ({ params, body }) => {
    regions.register(params.name, readRegistration(body));
    return {};
  });
  server.post<Named>(`${path}/region/:name/unregister`, async ({ params }) => {
    regions.unregister(params.name);
    return {};
  });
  server.post(`${path}/unregister`, async () => {
    regions.unregister();
    return {};
  });
}

function describe({ byteSize, ...region }: Registration & { readonly name: string }) {
  return { ...region, byte_size: byteSize };
}

function readRegistration(body: unknown): Registration {
  const text = body instanceof Uint8Array ? Buffer.from(body).toString("utf8") : "";
  const parsed = JsonRegistration.safeParse(parseOrUndefined(text));
  if (parsed.success) {
    const { key, offset, byte_size: byteSize } = parsed.data;
    return { key, offset, byteSize };
  }
  throw new KeepsightError(
    "bad_request",
    `The region cannot be registered: ${z.prettifyError(parsed.error)}`,
  );
}

function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
