import { randomUUID } from "node:crypto";
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, unlinkSync } from "node:fs";
import { KeepsightError } from "../core/errors.ts";
import { byteSizeOf, type Datatype, type WireTensor } from "./wire-tensor.ts";

/**
 * The system shared memory extension of the protocol, for a client on the server's machine: tensors lie in a file in memory
 * that both have open, and only their places travel. Through a socket 2 MB are read in pieces of 64 KB, each of which
 * wakes the other side.
 *
 * - Client and server may be run by the same user alone: the file is his.
 * - A server opens no file but those whose names hold 122 random bits, so that whoever only reaches its port cannot name one.
 */

/** The name of the extension in the server's description. */
export const SHARED_MEMORY_EXTENSION = "system_shared_memory";

/** A tensor without its bytes, as a message describes it. */
export interface TensorHead {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

/** A place in a registered region of shared memory. */
export interface SharedPlace {
  readonly region: string;
  readonly offset: number;
  readonly byteSize: number;
}

/** Finds the tensors of a message that lie in shared memory. */
export type FindShared = (tensor: TensorHead, place: SharedPlace) => WireTensor;

/** Values that the protocol lets go with a tensor. */
type Parameters = Readonly<Record<string, string | number | boolean>>;

/** A place in the words of the protocol. */
export function toParameters({ region, offset, byteSize }: SharedPlace) {
  return {
    shared_memory_region: region,
    shared_memory_offset: offset,
    shared_memory_byte_size: byteSize,
  };
}

/** The place that parameters name; undefined where they name none. Throws `bad_request` where it is none. */
export function readPlace(name: string, parameters: Parameters | undefined): SharedPlace | undefined {
  const region = parameters?.["shared_memory_region"];
  if (region === undefined) return undefined;
  const offset = parameters?.["shared_memory_offset"] ?? 0;
  const byteSize = parameters?.["shared_memory_byte_size"];
  const isPlace =
    typeof region === "string" &&
    [offset, byteSize].every((value) => Number.isSafeInteger(value) && Number(value) >= 0);
  if (isPlace) return { region, offset: Number(offset), byteSize: Number(byteSize) };
  throw new KeepsightError("bad_request", `The place of tensor "${name}" in shared memory is none.`);
}

/** For messages that come where no memory is shared. Throws `bad_request`. */
export function refuseShared({ name }: { readonly name: string }): never {
  throw new KeepsightError(
    "bad_request",
    `Tensor "${name}" lies in shared memory, of which there is none here.`,
  );
}

/** Where Linux keeps shared memory; a key is a path in it. */
const FOLDER = "/dev/shm";
const KEY = /^\/keepsight-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Shared memory that a client made. */
export interface SharedRegion {
  readonly name: string;
  readonly key: string;
  readonly byteSize: number;
  /** Open for reading and writing. */
  readonly file: number;
  /** Takes away the name; who has the memory open keeps it. */
  unlink(): void;
  close(): void;
}

/** New shared memory; undefined where the system has none, or not so much. */
export function createSharedRegion(byteSize: number): SharedRegion | undefined {
  if (process.platform !== "linux") return undefined;
  const name = `keepsight-${randomUUID()}`;
  const path = `${FOLDER}/${name}`;
  try {
    const file = openSync(path, "wx+", 0o600);
    ftruncateSync(file, byteSize);
    return {
      name,
      key: `/${name}`,
      byteSize,
      file,
      unlink: () => unlinkSync(path),
      close: () => closeSync(file),
    };
  } catch {
    return undefined;
  }
}

/** A file in shared memory that a client made, opened for reading and writing. Throws `bad_request` for any other. */
export function openSharedKey(key: string, byteSize: number): number {
  const refused = (cause?: unknown) =>
    new KeepsightError("bad_request", `"${key}" is no shared memory of ${byteSize} bytes here.`, { cause });
  if (!KEY.test(key)) throw refused();
  let file: number;
  try {
    file = openSync(`${FOLDER}${key}`, constants.O_RDWR | constants.O_NOFOLLOW);
  } catch (error) {
    throw refused(error);
  }
  const stats = fstatSync(file);
  if (stats.isFile() && stats.size >= byteSize) return file;
  closeSync(file);
  throw refused();
}

/** The bytes at a place of a file in shared memory, in `bytes` where given, which has that many. */
export function readShared(
  file: number,
  offset: number,
  byteSize: number,
  bytes: Uint8Array = Buffer.allocUnsafeSlow(byteSize),
): Uint8Array {
  if (readSync(file, bytes, 0, byteSize, offset) === byteSize) return bytes;
  throw new KeepsightError("bad_request", `Shared memory ends before the ${byteSize} bytes at ${offset}.`);
}

/** A tensor that lies in an open file; its bytes are read when somebody asks for them, each time. */
export function placeTensor(
  { name, datatype, shape }: TensorHead,
  { file, offset, byteSize }: { readonly file: number; readonly offset: number; readonly byteSize: number },
): WireTensor {
  if (byteSize !== byteSizeOf(name, datatype, shape)) {
    throw new KeepsightError(
      "bad_request",
      `Tensor "${name}" of ${datatype} [${shape.join(", ")}] cannot have ${byteSize} bytes.`,
    );
  }
  return {
    name,
    datatype: datatype as Datatype,
    shape,
    get data() {
      return readShared(file, offset, byteSize);
    },
    place: { path: pathOfFile(file), offset },
  };
}

/** A path by which another process of this user reaches a file that is open here, though it may have no name any more. */
export function pathOfFile(file: number): string {
  return `/proc/${process.pid}/fd/${file}`;
}
