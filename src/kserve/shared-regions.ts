import { closeSync, writeSync } from "node:fs";
import { KeepsightError } from "../core/errors.ts";
import {
  type FindShared,
  openSharedKey,
  pathOfFile,
  placeTensor,
  type SharedPlace,
} from "./shared-memory.ts";
import type { FileRoom, WireTensor } from "./wire-tensor.ts";

/** Regions known at once; beyond, the one unused for longest is forgotten, as those of clients that died are in the end. */
const MAX_REGIONS = 64;

/** Regions unused for so long are forgotten when another one comes, milliseconds: their clients died. */
const IDLE_MS = 600_000;

/** What a client says of a region; `key` names its file. */
export interface Registration {
  readonly key: string;
  readonly offset: number;
  readonly byteSize: number;
}

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
  /** A place for processes of this machine that are to put something there. Throws as `find`. */
  roomAt(place: SharedPlace): FileRoom;
  /** Puts an output where its place says, if it does not lie there; false where it does not fit. Throws as `find`. */
  put(output: WireTensor, place: SharedPlace): boolean;
  release(): void;
}

/** Where an output of a request is to lie, if anywhere. */
type PlaceOf = (outputName: string) => SharedPlace | undefined;

/** Room in shared memory for the named outputs that have a place. Throws as {@link RegionLease.find}. */
export function roomsOf(
  lease: RegionLease | undefined,
  names: readonly string[],
  placeOf: PlaceOf,
): ReadonlyMap<string, FileRoom> {
  return new Map(
    names.flatMap((name) => {
      const place = placeOf(name);
      return place === undefined || lease === undefined ? [] : [[name, lease.roomAt(place)] as const];
    }),
  );
}

/** The places of the outputs that lie there now; what does not fit has to be sent. Throws as {@link RegionLease.find}. */
export function placeOutputs(
  lease: RegionLease | undefined,
  outputs: readonly WireTensor[],
  placeOf: PlaceOf,
): ReadonlyMap<string, SharedPlace> {
  return new Map(
    outputs.flatMap((output) => {
      const place = placeOf(output.name);
      return place !== undefined && lease?.put(output, place) === true ? [[output.name, place] as const] : [];
    }),
  );
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
      if (region === undefined || offset + byteSize > region.registration.byteSize) {
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
      roomAt(place) {
        const { file, ...room } = locate(place);
        return { path: pathOfFile(file), ...room };
      },
      put(output, place) {
        const { file, offset, byteSize } = locate(place);
        if (output.place?.path === pathOfFile(file) && output.place.offset === offset) return true;
        const { data } = output;
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
      const file = openSharedKey(registration.key, registration.offset + registration.byteSize);
      unregister(name);
      forgetIdle();
      regions.set(name, { registration, file, usedAtMs: Date.now(), users: 0, isForgotten: false });
    },
    unregister,
    list: () => [...regions].map(([name, { registration }]) => ({ name, ...registration })),
  };
}
