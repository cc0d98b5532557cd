import { writeSync } from "node:fs";
import { KeepsightError } from "../core/errors.ts";
import { memoizeAsync } from "../core/memoize-async.ts";
import type { InferRequest, InferResponse, ServerMetadata } from "./inference-service.ts";
import {
  createSharedRegion,
  type FindShared,
  placeTensor,
  SHARED_MEMORY_EXTENSION,
  type SharedPlace,
  type SharedRegion,
} from "./shared-memory.ts";

/** Smaller tensors are as fast through the socket, bytes. */
const LEAST_BYTES = 256 * 1024;
/** Regions of one client: as many as requests on their way that may use one. */
const MAX_REGIONS = 8;
const LEAST_REGION_BYTES = 4 * 1024 * 1024;
const MAX_REGION_BYTES = 256 * 1024 * 1024;
/** Tensors begin at multiples of this, bytes. */
const ALIGNMENT = 64;
/** After so many refusals in a row it is not tried again. */
const MAX_REFUSALS = 3;
/** Sizes of outputs that are remembered, of kinds of requests. */
const MAX_KINDS = 1000;

/** Where the tensors of a request lie, by their names: all inputs, and the outputs whose sizes are known. */
export interface RequestPlaces {
  readonly inputs: ReadonlyMap<string, SharedPlace>;
  readonly outputs: ReadonlyMap<string, SharedPlace>;
}

/** What shared memory needs of a client over a socket. */
export interface SocketCalls {
  serverMetadata(): Promise<ServerMetadata>;
  /** Throws where the answer is an error. */
  register(region: SharedRegion): Promise<void>;
  unregister(region: SharedRegion): Promise<void>;
  /** The answer to a request of which only the places travel; throws where it is an error. */
  infer(request: InferRequest, places: RequestPlaces, findShared: FindShared): Promise<InferResponse>;
}

/** Runs whose tensors lie in shared memory. */
export interface SharedInference {
  /** Learns once whether the server offers it; until then nothing goes by shared memory. Never throws. */
  prepare(): Promise<void>;
  /** The answer to a request; undefined where it has to go through the socket. */
  infer(request: InferRequest): Promise<InferResponse | undefined>;
  close(): void;
}

/**
 * Large tensors by shared memory, where the server offers it and sees ours. How large outputs are is learnt from the first
 * answer to requests of the same shapes, which brings them in its body. What is refused goes through the socket. After any
 * failure its memory is given up: the server may still read or write there.
 */
export function createSharedInference(socket: SocketCalls): SharedInference {
  const idle: SharedRegion[] = [];
  const all = new Set<SharedRegion>();
  const outputSizes = new Map<string, ReadonlyMap<string, number>>();
  let refusals = 0;
  let isOffered = false;
  const askOnce = memoizeAsync(async () => {
    isOffered = (await socket.serverMetadata()).extensions.includes(SHARED_MEMORY_EXTENSION);
  });

  async function takeRegion(byteSize: number): Promise<SharedRegion | undefined> {
    const fitting = idle.findIndex((region) => region.byteSize >= byteSize);
    if (fitting >= 0) return idle.splice(fitting, 1)[0];
    if (all.size >= MAX_REGIONS && idle.length > 0) dropRegion(idle.pop()!);
    if (all.size >= MAX_REGIONS || byteSize > MAX_REGION_BYTES) return undefined;
    const region = createSharedRegion(Math.max(LEAST_REGION_BYTES, 2 ** Math.ceil(Math.log2(byteSize))));
    if (region === undefined) return undefined;
    all.add(region);
    try {
      await socket.register(region);
      return region;
    } catch (error) {
      dropRegion(region);
      throw error;
    } finally {
      region.unlink();
    }
  }

  function dropRegion(region: SharedRegion): void {
    all.delete(region);
    region.close();
    // A server that is away has forgotten it, or will.
    socket.unregister(region).catch(() => {});
  }

  async function inferIn(region: SharedRegion, request: InferRequest, kind: string): Promise<InferResponse> {
    const takePlace = placesOf(region);
    const inputs = new Map<string, SharedPlace>();
    for (const { name, data } of request.inputs) {
      const place = takePlace(data.byteLength);
      writeSync(region.file, data, 0, data.byteLength, place.offset);
      inputs.set(name, place);
    }
    const sizes = [...(outputSizes.get(kind) ?? [])];
    const places = { inputs, outputs: new Map(sizes.map(([name, size]) => [name, takePlace(size)])) };
    const { outputs, ...response } = await socket.infer(request, places, (tensor, { offset, byteSize }) => {
      const { name, datatype, shape, data } = placeTensor(tensor, { file: region.file, offset, byteSize });
      return { name, datatype, shape, data };
    });
    if (outputSizes.size >= MAX_KINDS) outputSizes.clear();
    outputSizes.set(kind, new Map(outputs.map(({ name, data }) => [name, data.byteLength])));
    return { ...response, outputs };
  }

  return {
    // A server that does not say is one that does not offer it; whatever else is wrong with it others will find.
    prepare: () => askOnce().catch(() => {}),
    async infer(request) {
      if (!isOffered || refusals >= MAX_REFUSALS) return undefined;
      const kind = kindOf(request);
      const known = [...(outputSizes.get(kind)?.values() ?? [])];
      const sizes = [...request.inputs.map(({ data }) => data.byteLength), ...known];
      const byteSize = sizes.reduce((sum, size) => sum + aligned(size), 0);
      if (byteSize < LEAST_BYTES) return undefined;
      let region: SharedRegion | undefined;
      try {
        region = await takeRegion(byteSize);
        if (region === undefined) return undefined;
        const response = await inferIn(region, request, kind);
        idle.push(region);
        refusals = 0;
        return response;
      } catch (error) {
        if (region !== undefined) dropRegion(region);
        if (!isRefusal(error)) throw error;
        refusals++;
        return undefined;
      }
    },
    close() {
      for (const region of all) region.close();
      all.clear();
      idle.length = 0;
    },
  };
}

/** True for an address that only this machine can have. */
export function isThisMachine(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}

/** Trouble that the same request without shared memory may not have: a wrong request is refused again then. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof KeepsightError)) return true;
  return error.code === "bad_request" || error.code === "not_found";
}

/** What outputs of equal size come of. */
function kindOf({ modelName, modelVersion, inputs, outputNames }: InferRequest): string {
  return JSON.stringify([
    modelName,
    modelVersion,
    outputNames,
    inputs.map(({ name, shape }) => [name, shape]),
  ]);
}

/** Gives one place of a region after the other. */
function placesOf({ name }: SharedRegion): (byteSize: number) => SharedPlace {
  let offset = 0;
  return (byteSize) => {
    const place = { region: name, offset, byteSize };
    offset += aligned(byteSize);
    return place;
  };
}

function aligned(byteSize: number): number {
  return Math.ceil(byteSize / ALIGNMENT) * ALIGNMENT;
}
