import { randomUUID } from "node:crypto";
import { closeSync, constants, openSync, readlinkSync, readSync, unlinkSync, writeSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import type { ErrorCode } from "../../core/errors.ts";
import { readShared } from "../../kserve/shared-memory.ts";
import {
  byteSizeOf,
  type FilePlace,
  type FileRoom,
  toWireTensor,
  type WireTensor,
} from "../../kserve/wire-tensor.ts";
import type { ModelSignature } from "../../onnx/describe-model.ts";

/**
 * The messages between a server of models and its inference processes, over a pipe of their own: Node's IPC channel copies
 * each tensor three times on its way (2 MB: 2.6 ms there and back, here 1.9).
 *
 * A message is three numbers (32 bits, little-endian), a JSON object of the first as its length, and the bytes of its
 * tensors of the second, each tensor at a multiple of eight so that it can be read where it lies. Tensors of medium size
 * do not go through the pipe, whose buffer of 200 KB makes both sides wait for each other ten times a tensor, but through
 * a file in shared memory that both have open; the third number says so.
 */

/** A tensor without its bytes; those of one with a place are read there. */
type TensorHead = Pick<WireTensor, "name" | "datatype" | "shape" | "place">;

/** From the server: describe a model, or run it on the tensors that follow. */
export type ToInference =
  | { readonly kind: "describe"; readonly path: string }
  | {
      readonly kind: "run";
      readonly path: string;
      readonly tensors: readonly TensorHead[];
      /** Where in shared memory outputs are to be put, by name; those that do not fit come as others do. */
      readonly rooms?: Readonly<Record<string, FileRoom>>;
    };

/** What it gives back, with the resident bytes of the process. */
export type FromInference = (
  | { readonly kind: "described"; readonly signature: ModelSignature }
  | { readonly kind: "done"; readonly tensors: readonly TensorHead[]; readonly runMs: number }
  | { readonly kind: "failed"; readonly error: { readonly code: ErrorCode; readonly message: string } }
) & { readonly residentBytes: number };

const PREFIX_BYTES = 12;
const ALIGNMENT = 8;
const PADDING = Buffer.alloc(ALIGNMENT);

/** Where Linux keeps files in memory. */
const SHARED_MEMORY = "/dev/shm";

/** Smaller tensors are as fast in the pipe; larger ones would stop the event loop for more than some milliseconds, bytes. */
const LEAST_SHARED = 64 * 1024;
const MOST_SHARED = 32 * 1024 * 1024;

const IN_PIPE = 0;
const IN_SHARED_FILE = 1;

/** What two processes talk through. */
export interface Channel {
  readonly pipe: Socket;
  /** A file in shared memory that both have open; one of them writes at a time. Absent where there is none. */
  readonly sharedFile: number | undefined;
}

/** A file in shared memory without a name, for whoever inherits it; undefined where the system has none. */
export function openSharedFile(): number | undefined {
  if (process.platform !== "linux") return undefined;
  const path = join(SHARED_MEMORY, `keepsight-${randomUUID()}`);
  try {
    const file = openSync(path, "wx+", 0o600);
    unlinkSync(path);
    return file;
  } catch {
    return undefined;
  }
}

function paddedLength(byteLength: number): number {
  return Math.ceil(byteLength / ALIGNMENT) * ALIGNMENT;
}

/** The heads of tensors, for the JSON of a message. */
export function headsOf(tensors: readonly WireTensor[]): TensorHead[] {
  return tensors.map(({ name, datatype, shape, place }) => {
    return { name, datatype, shape, ...(place && { place }) };
  });
}

/** Sends a message with the bytes of the tensors that it names; they must not change before they are gone. */
export function writeMessage(
  channel: Channel,
  message: ToInference | FromInference,
  named: readonly WireTensor[] = [],
): void {
  const { pipe } = channel;
  const tensors = named.filter(({ place }) => place === undefined);
  const json = Buffer.from(JSON.stringify(message), "utf8");
  const payloadLength = tensors.reduce((sum, { data }) => sum + paddedLength(data.byteLength), 0);
  const isShared = writeShared(channel, tensors, payloadLength);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32LE(json.byteLength, 0);
  prefix.writeUInt32LE(payloadLength, 4);
  prefix.writeUInt32LE(isShared ? IN_SHARED_FILE : IN_PIPE, 8);
  pipe.cork();
  pipe.write(prefix);
  pipe.write(json);
  for (const { data } of isShared ? [] : tensors) {
    pipe.write(data);
    const gap = paddedLength(data.byteLength) - data.byteLength;
    if (gap > 0) pipe.write(PADDING.subarray(0, gap));
  }
  pipe.uncork();
}

/** False when the tensors have to go through the pipe: no shared memory, none left, or not their size. */
function writeShared(
  { sharedFile }: Channel,
  tensors: readonly WireTensor[],
  payloadLength: number,
): boolean {
  if (sharedFile === undefined || payloadLength < LEAST_SHARED || payloadLength > MOST_SHARED) return false;
  let position = 0;
  try {
    for (const { data } of tensors) {
      const { byteLength } = data;
      if (writeSync(sharedFile, data, 0, byteLength, position) < byteLength) return false;
      position += paddedLength(byteLength);
    }
    return true;
  } catch {
    return false;
  }
}

/** Calls `onMessage` with each message and the bytes of its tensors, which lie in memory of their own. */
export function readMessages<T>(channel: Channel, onMessage: (message: T, payload: Buffer) => void): void {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  let json = Buffer.alloc(0);
  let payload = Buffer.alloc(0);
  let parts: Buffer[] = [prefix];
  let part = 0;
  let filled = 0;

  channel.pipe.on("data", (chunk: Buffer) => {
    for (let position = 0; position < chunk.byteLength;) {
      const target = parts[part]!;
      const count = Math.min(chunk.byteLength - position, target.byteLength - filled);
      chunk.copy(target, filled, position, position + count);
      position += count;
      filled += count;
      advance();
    }
  });

  /** Goes on to the next part that has any bytes; after the last the message is there. */
  function advance(): void {
    while (filled === parts[part]!.byteLength) {
      if (parts[part] === prefix) readPrefix();
      part++;
      filled = 0;
      if (part < parts.length) continue;
      parts = [prefix];
      part = 0;
      onMessage(JSON.parse(json.toString("utf8")) as T, payload);
      return;
    }
  }

  function readPrefix(): void {
    json = Buffer.allocUnsafeSlow(prefix.readUInt32LE(0));
    payload = Buffer.allocUnsafeSlow(prefix.readUInt32LE(4));
    parts = [prefix, json, payload];
    if (prefix.readUInt32LE(8) !== IN_SHARED_FILE) return;
    parts.pop();
    readSync(channel.sharedFile!, payload, 0, payload.byteLength, 0);
  }
}

/** The largest memory that placed tensors were read into: new memory each time would cost a page fault for each 4 KB. */
let kept = Buffer.alloc(0);

/**
 * The tensors of a message, as views of its bytes; those that lie elsewhere in shared memory are read into memory that the
 * next call uses again.
 */
export function readTensors(heads: readonly TensorHead[], payload: Buffer): WireTensor[] {
  const lengths = heads.map(({ name, datatype, shape }) => byteSizeOf(name, datatype, shape));
  const placed = lengths.filter((_, i) => heads[i]!.place !== undefined);
  const needed = placed.reduce((sum, byteLength) => sum + paddedLength(byteLength), 0);
  if (kept.byteLength < needed) kept = Buffer.allocUnsafeSlow(needed);
  let [position, keptPosition] = [0, 0];
  return heads.map(({ name, datatype, shape, place }, i) => {
    const byteLength = lengths[i]!;
    if (place !== undefined) {
      const bytes = kept.subarray(keptPosition, keptPosition + byteLength);
      keptPosition += paddedLength(byteLength);
      return toWireTensor(name, datatype, shape, readPlace(place, bytes));
    }
    const data = payload.subarray(position, position + byteLength);
    position += paddedLength(byteLength);
    return toWireTensor(name, datatype, shape, data);
  });
}

/** The tensors of an answer: views of its bytes, and of those that lie elsewhere what is there when somebody asks. */
export function readAnswer(heads: readonly TensorHead[], payload: Buffer): WireTensor[] {
  const sent = readTensors(
    heads.filter(({ place }) => place === undefined),
    payload,
  );
  return heads.map(({ place, ...head }) => {
    if (place === undefined) return sent.shift()!;
    const byteLength = byteSizeOf(head.name, head.datatype, head.shape);
    return {
      ...head,
      place,
      get data() {
        return readPlace(place, Buffer.allocUnsafeSlow(byteLength));
      },
    };
  });
}

/**
 * Puts a tensor into the room that is given for it: it then has a place, and its bytes need not be sent. As it is where there is
 * no room, or none that can be written.
 */
export function putInRoom(tensor: WireTensor, room: FileRoom | undefined): WireTensor {
  const { data } = tensor;
  if (room === undefined || data.byteLength > room.byteSize) return tensor;
  const { path, offset } = room;
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_WRONLY);
    // The number of a file that its owner has closed may be another file's by now.
    const isShared = readlinkSync(`/proc/self/fd/${file}`).startsWith(`${SHARED_MEMORY}/keepsight-`);
    const isWritten = isShared && writeSync(file, data, 0, data.byteLength, offset) === data.byteLength;
    return isWritten ? { ...tensor, place: { path, offset } } : tensor;
  } catch {
    return tensor;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function readPlace({ path, offset }: FilePlace, bytes: Uint8Array): Uint8Array {
  const file = openSync(path, "r");
  try {
    return readShared(file, offset, bytes.byteLength, bytes);
  } finally {
    closeSync(file);
  }
}
