import { createReadStream } from "node:fs";

/** The operator that takes its scale from all values it is given, whole batch included. */
const OPERATOR = Buffer.from("DynamicQuantizeLinear");

/**
 * Whether the network in an ONNX file scales its activations by what it is given (dynamic quantisation): then a result
 * depends on its neighbours in a batch, and the network must be run on one input at a time. Found by the operator's name,
 * which stands in the file as text; the file is read once, in pieces.
 */
export async function quantisesActivations(path: string): Promise<boolean> {
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    const piece = Buffer.concat([rest, chunk]);
    if (piece.includes(OPERATOR)) return true;
    rest = piece.subarray(-OPERATOR.byteLength);
  }
  return false;
}
