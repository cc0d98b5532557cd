import { KeepsightError } from "../../core/errors.ts";
import { isDatatype, type Datatype, type WireTensor } from "../../kserve/wire-tensor.ts";
import type { Tensor } from "../session.ts";

/** Our element types in the words of the protocol. */
const DATATYPES = {
  float32: "FP32",
  int32: "INT32",
  int64: "INT64",
  uint8: "UINT8",
  float16: "FP16",
} as const satisfies Record<Tensor["type"], Datatype>;

const ARRAYS = {
  FP32: Float32Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  UINT8: Uint8Array,
  FP16: Uint16Array,
} as const;

const TYPES = {
  FP32: "float32",
  INT32: "int32",
  INT64: "int64",
  UINT8: "uint8",
  FP16: "float16",
} as const satisfies Record<keyof typeof ARRAYS, Tensor["type"]>;

/** The protocol's name of an element type; undefined for types that no runner uses. */
export function toDatatype(type: string): Datatype | undefined {
  return Object.hasOwn(DATATYPES, type) ? DATATYPES[type as Tensor["type"]] : undefined;
}

/** Our name of the protocol's element type; that name itself for types that no runner uses. */
export function toElementType(datatype: string): string {
  return Object.hasOwn(TYPES, datatype) ? TYPES[datatype as keyof typeof TYPES] : datatype;
}

/** The same values as bytes, not copied. */
export function toWire(name: string, { type, data, dims }: Tensor): WireTensor {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { name, datatype: DATATYPES[type], shape: dims, data: bytes };
}

/** The same values as numbers: a view of the bytes where their address allows it, else a copy. */
export function fromWire({ name, datatype, shape, data }: WireTensor): Tensor {
  if (!isDatatype(datatype) || !Object.hasOwn(ARRAYS, datatype)) {
    throw new KeepsightError(
      "bad_request",
      `Tensor "${name}" has the type ${datatype}, which no model here uses.`,
    );
  }
  const known = datatype as keyof typeof ARRAYS;
  const NumberArray = ARRAYS[known];
  const { BYTES_PER_ELEMENT } = NumberArray;
  // A new array is a copy; `slice` of a Buffer would be none.
  const aligned = data.byteOffset % BYTES_PER_ELEMENT === 0 ? data : new Uint8Array(data);
  return {
    type: TYPES[known],
    data: new NumberArray(
      aligned.buffer as ArrayBuffer,
      aligned.byteOffset,
      aligned.byteLength / BYTES_PER_ELEMENT,
    ),
    dims: shape,
  };
}
