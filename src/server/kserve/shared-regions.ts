import { closeSync, writeSync } from "node:fs";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { KeepsightError } from "../../core/errors.ts";
import type { FindShared, SharedPlace } from "../../kserve/http-messages.ts";
import type { InferResponse } from "../../kserve/inference-service.ts";
import { openSharedKey, placeTensor } from "../../kserve/shared-memory.ts";

/** Regions known at once; beyond, the one unused for longest is forgotten, as those of clients that died are in the end. */
const MAX_REGIONS = 64;
const MAX_REGION_BYTES = 1024 ** 3;

const Registration = z.object({
  key: z.string().max(100),
  offset: z.int().min(0).max(MAX_REGION_BYTES).default(0),
  byte_size: z.int().min(1).max(MAX_REGION_BYTES),
});

/** Regions unused for so long are forgotten when another one comes, milliseconds: their clients died. */
const IDLE_MS = 600_000;

type Registration = z.infer<typeof Registration>;

interface Region {
  readonly registration: Registration;
  readonly file: number;
  usedAtMs: number;
  /** Requests under way: the file stays open until they have ended. */
  users: number;
  isForgotten: boolean;
}

/** The regions that one request uses; they stay open until it is released. */
export interface RegionLease {
  /** The tensor at a place of a region. Throws `bad_request` where there is no such place. */
  readonly find: FindShared;
  /** Puts an output where its place says; false where it does not fit. Throws as `find`. */
  put(output: InferResponse["outputs"][number], place: SharedPlace): boolean;
  release(): void;
}

/** Shared memory that clients have made known, by the names that they gave it. */
export interface SharedRegions {
  lease(): RegionLease;
  register(name: string, registration: Registration): void;
  /** Forgets one region, or all. */
  unregister(name?: string): void;
  list(): ({ readonly name: string } & Registration)[];
}

/** An empty register of shared memory. */
export function createSharedRegions(): SharedRegions {
  // In the order of their last use.
  const regions = new Map<string, Region>();

  function closeUnused(region: Region): void {
    if (region.isForgotten && region.users === 0) closeSync(region.file);
  }

  function forget(name: string, region: Region): void {
    regions.delete(name);
    region.isForgotten = true;
    closeUnused(region);
  }

  function lease(): RegionLease {
    const used = new Set<Region>();

    function locate({ region: name, offset, byteSize }: SharedPlace) {
      const region = regions.get(name);
      if (region === undefined || offset + byteSize > region.registration.byte_size) {
        throw new KeepsightError(
          "bad_request",
          `There are no ${byteSize} bytes at ${offset} of shared memory "${name}": register it first.`,
        );
      }
      regions.delete(name);
      regions.set(name, region);
      region.usedAtMs = Date.now();
      if (!used.has(region)) region.users++;
      used.add(region);
      return { file: region.file, offset: region.registration.offset + offset, byteSize };
    }

    return {
      find: (tensor, place) => placeTensor(tensor, locate(place)),
      put({ data }, place) {
        const { file, offset, byteSize } = locate(place);
        return (
          data.byteLength <= byteSize && writeSync(file, data, 0, data.byteLength, offset) === data.byteLength
        );
      },
      release() {
        for (const region of used) {
          region.users--;
          closeUnused(region);
        }
      },
    };
  }

  function unregister(name?: string): void {
    for (const [known, region] of regions) if (name === undefined || known === name) forget(known, region);
  }

  function forgetIdle(): void {
    for (const [name, { usedAtMs }] of regions) {
      if (regions.size < MAX_REGIONS && Date.now() - usedAtMs < IDLE_MS) return;
      unregister(name);
    }
  }

  return {
    lease,
    register(name, registration) {
      const file = openSharedKey(registration.key, registration.offset + registration.byte_size);
      unregister(name);
      forgetIdle();
      regions.set(name, { registration, file, usedAtMs: Date.now(), users: 0, isForgotten: false });
    },
    unregister,
    list: () => [...regions].map(([name, { registration }]) => ({ name, ...registration })),
  };
}

/** The routes of the extension as the protocol has them. */
export function addSharedMemoryRoutes(server: FastifyInstance, regions: SharedRegions): void {
  const path = "/v2/systemsharedmemory";
  type Named = { Params: { name: string } };
  server.get(`${path}/status`, async () => regions.list());
  server.get<Named>(`${path}/region/:name/status`, async ({ params }) =>
    regions.list().filter(({ name }) => name === params.name),
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

function readRegistration(body: unknown): Registration {
  const text = body instanceof Uint8Array ? Buffer.from(body).toString("utf8") : "";
  const parsed = Registration.safeParse(parseOrUndefined(text));
  if (parsed.success) return parsed.data;
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
