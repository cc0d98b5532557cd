/**
 * The little of the protobuf wire format that writing an ONNX model takes: varints, 32-bit floats and length-delimited
 * fields (https://protobuf.dev/programming-guides/encoding). A message is its fields joined.
 */

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** A field with a whole number; negative ones take ten bytes, as the format has it. */
export function varintField(field: number, value: number): Uint8Array {
  return joinBytes([tag(field, VARINT), varint(value)]);
}

/** A field with a 32-bit float. */
export function floatField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return joinBytes([tag(field, FIXED_32), bytes]);
}

/** A field with a text, with bytes, or with a message given as its fields. */
export function lengthDelimitedField(
  field: number,
  value: string | Uint8Array | readonly Uint8Array[],
): Uint8Array {
  const bytes = toBytes(value);
  return joinBytes([lengthDelimitedHead(field, bytes.byteLength), bytes]);
}

/** What stands in front of `byteLength` bytes of a field, for those who write the bytes themselves. */
export function lengthDelimitedHead(field: number, byteLength: number): Uint8Array {
  return joinBytes([tag(field, LENGTH_DELIMITED), varint(byteLength)]);
}

/** The parts one after another. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.byteLength;
  }
  return joined;
}

function toBytes(value: string | Uint8Array | readonly Uint8Array[]): Uint8Array {
  if (typeof value === "string") return new TextEncoder().encode(value);
  return value instanceof Uint8Array ? value : joinBytes(value);
}

function tag(field: number, wireType: number): Uint8Array {
  return varint(field * 8 + wireType);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
