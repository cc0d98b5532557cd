import type { Socket } from "node:net";
import type { ErrorCode } from "../../core/errors.ts";
import { byteSizeOf, toWireTensor, type WireTensor } from "../../kserve/wire-tensor.ts";
import type { ModelSignature } from "../../onnx/describe-model.ts";

/**
 * The messages between a server of models and its inference processes, over a pipe of their own: Node's IPC channel copies
 * each tensor three times on its way (2 MB: 2.6 ms there and back, here 1.9).
 *
 * A message is two lengths (32 bits, little-endian), a JSON object of the first length, and the bytes of its tensors of
 * the second, each tensor at a multiple of eight so that it can be read where it lies.
 */

/** A tensor without its bytes. */
type TensorHead = Pick<WireTensor, "name" | "datatype" | "shape">;

/** From the server: describe a model, or run it on the tensors that follow. */
export type ToInference =
  | { readonly kind: "describe"; readonly path: string }
  | { readonly kind: "run"; readonly path: string; readonly tensors: readonly TensorHead[] };

/** What it gives back, with the resident bytes of the process. */
export type FromInference = (
  | { readonly kind: "described"; readonly signature: ModelSignature }
  | { readonly kind: "done"; readonly tensors: readonly TensorHead[]; readonly runMs: number }
  | { readonly kind: "failed"; readonly error: { readonly code: ErrorCode; readonly message: string } }
) & { readonly residentBytes: number };

const PREFIX_BYTES = 8;
const ALIGNMENT = 8;
const PADDING = Buffer.alloc(ALIGNMENT);

function paddedLength(byteLength: number): number {
  return Math.ceil(byteLength / ALIGNMENT) * ALIGNMENT;
}

/** The heads of tensors, for the JSON of a message. */
export function headsOf(tensors: readonly WireTensor[]): TensorHead[] {
  return tensors.map(({ name, datatype, shape }) => ({ name, datatype, shape }));
}

/** Sends a message with the bytes of the tensors that it names; they must not change before they are gone. */
export function writeMessage(
  socket: Socket,
  message: ToInference | FromInference,
  tensors: readonly WireTensor[] = [],
): void {
  const json = Buffer.from(JSON.stringify(message), "utf8");
  const payloadLength = tensors.reduce((sum, { data }) => sum + paddedLength(data.byteLength), 0);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32LE(json.byteLength, 0);
  prefix.writeUInt32LE(payloadLength, 4);
  socket.cork();
  socket.write(prefix);
  socket.write(json);
  for (const { data } of tensors) {
    socket.write(data);
    const gap = paddedLength(data.byteLength) - data.byteLength;
    if (gap > 0) socket.write(PADDING.subarray(0, gap));
  }
  socket.uncork();
}

/** Calls `onMessage` with each message and the bytes of its tensors, each of which lies in memory of its own. */
export function readMessages<T>(socket: Socket, onMessage: (message: T, payload: Buffer) => void): void {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  let json = Buffer.alloc(0);
  let payload = Buffer.alloc(0);
  let parts: Buffer[] = [prefix];
  let part = 0;
  let filled = 0;

  socket.on("data", (chunk: Buffer) => {
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
      if (parts[part] === prefix) {
        json = Buffer.allocUnsafeSlow(prefix.readUInt32LE(0));
        payload = Buffer.allocUnsafeSlow(prefix.readUInt32LE(4));
        parts = [prefix, json, payload];
      }
      part++;
      filled = 0;
      if (part < parts.length) continue;
      parts = [prefix];
      part = 0;
      onMessage(JSON.parse(json.toString("utf8")) as T, payload);
      return;
    }
  }
}

/** The tensors of a message, as views of its bytes. */
export function readTensors(heads: readonly TensorHead[], payload: Buffer): WireTensor[] {
  let position = 0;
  return heads.map(({ name, datatype, shape }) => {
    const byteLength = byteSizeOf(name, datatype, shape);
    const data = payload.subarray(position, position + byteLength);
    position += paddedLength(byteLength);
    return toWireTensor(name, datatype, shape, data);
  });
}
