import { KeepsightError } from "../core/errors.ts";

/** Bytes of one element of each data type of the Open Inference Protocol that has a fixed size (`BYTES` has none). */
const ELEMENT_BYTES = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  FP32: 4,
  FP64: 8,
} as const;

/** A data type as the protocol writes it. */
export type Datatype = keyof typeof ELEMENT_BYTES;

/** A place in shared memory, for the processes that can open the path. */
export interface FilePlace {
  readonly path: string;
  readonly offset: number;
}

/** A place where a tensor of at most so many bytes may be put. */
export interface FileRoom extends FilePlace {
  readonly byteSize: number;
}

/** A tensor as it travels: its values as bytes, little-endian, row-major, without gaps. */
export interface WireTensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
  /** Where the same bytes lie in shared memory, if they do: a process that can read them there need not be sent them. */
  readonly place?: FilePlace;
}

/** True for the data types that can be carried here. */
export function isDatatype(text: string): text is Datatype {
  return Object.hasOwn(ELEMENT_BYTES, text);
}

/**
 * Bytes that a tensor of this type and shape has. Throws `bad_request` for an unknown type, for axes that are not whole
 * numbers from 0, and for more bytes than a number can count.
 */
export function byteSizeOf(name: string, datatype: string, shape: readonly number[]): number {
  if (!isDatatype(datatype)) {
    const known = Object.keys(ELEMENT_BYTES).join(", ");
    throw new KeepsightError("bad_request", `Tensor "${name}" has the type ${datatype}; known are ${known}.`);
  }
  const byteSize = shape.reduce((product, axis) => product * axis, ELEMENT_BYTES[datatype]);
  if (shape.every((axis) => Number.isSafeInteger(axis) && axis >= 0) && Number.isSafeInteger(byteSize)) {
    return byteSize;
  }
  throw new KeepsightError("bad_request", `Tensor "${name}" has the impossible shape [${shape.join(", ")}].`);
}

/** The tensor, if it has as many bytes as its type and shape say; else `bad_request`. */
export function toWireTensor(
  name: string,
  datatype: string,
  shape: readonly number[],
  data: Uint8Array,
): WireTensor {
  const expected = byteSizeOf(name, datatype, shape);
  if (data.byteLength === expected) return { name, datatype: datatype as Datatype, shape, data };
  throw new KeepsightError(
    "bad_request",
    `Tensor "${name}" of ${datatype} [${shape.join(", ")}] needs ${expected} bytes and came with ${data.byteLength}.`,
  );
}
