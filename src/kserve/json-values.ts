import { KeepsightError } from "../core/errors.ts";
import { byteSizeOf, type Datatype, type WireTensor } from "./wire-tensor.ts";

/**
 * Tensors as JSON, the form of the protocol for small ones and for people: flat or nested arrays of numbers. Half floats
 * cannot be written so, and values that JSON has no word for (NaN, infinities) neither: they need the binary form.
 */

type NumberType = Exclude<Datatype, "BOOL" | "FP16" | "INT64" | "UINT64">;

const ARRAYS = {
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  FP32: Float32Array,
  FP64: Float64Array,
} as const satisfies Record<NumberType, unknown>;

/** The tensor whose `data` field is `values`. Throws `bad_request` where they do not fit type and shape. */
export function fromJsonValues(
  name: string,
  datatype: string,
  shape: readonly number[],
  values: unknown,
): WireTensor {
  const byteSize = byteSizeOf(name, datatype, shape);
  const count = shape.reduce((product, axis) => product * axis, 1);
  const flat: unknown[] = [];
  flatten(values, flat);
  if (flat.length !== count) {
    throw new KeepsightError(
      "bad_request",
      `Tensor "${name}" of shape [${shape.join(", ")}] needs ${count} values and came with ${flat.length}.`,
    );
  }
  const data = packValues(name, datatype as Datatype, flat);
  return { name, datatype: datatype as Datatype, shape, data: data.subarray(0, byteSize) };
}

function flatten(values: unknown, flat: unknown[]): void {
  if (!Array.isArray(values)) return void flat.push(values);
  for (const value of values as unknown[]) flatten(value, flat);
}

function packValues(name: string, datatype: Datatype, values: readonly unknown[]): Uint8Array {
  if (datatype === "FP16")
    throw new KeepsightError(
      "bad_request",
      `Tensor "${name}" is FP16, which can only be sent as binary data.`,
    );
  if (datatype === "BOOL") return Uint8Array.from(values, (value) => Number(readBoolean(name, value)));
  if (datatype === "INT64" || datatype === "UINT64") {
    const make = datatype === "INT64" ? BigInt64Array : BigUint64Array;
    return new Uint8Array(make.from(values.map((value) => BigInt(readInteger(name, value)))).buffer);
  }
  const isFloat = datatype === "FP32" || datatype === "FP64";
  const read = isFloat ? readNumber : readInteger;
  const packed = new ARRAYS[datatype](values.length);
  for (let i = 0; i < values.length; i++) {
    const value = read(name, values[i]);
    packed[i] = value;
    if (!isFloat && packed[i] !== value)
      throw new KeepsightError("bad_request", `Tensor "${name}": ${value} is no value of ${datatype}.`);
  }
  return new Uint8Array(packed.buffer);
}

function readBoolean(name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new KeepsightError(
    "bad_request",
    `Tensor "${name}": ${JSON.stringify(value)} is neither true nor false.`,
  );
}

function readNumber(name: string, value: unknown): number {
  if (typeof value === "number") return value;
  throw new KeepsightError("bad_request", `Tensor "${name}": ${JSON.stringify(value)} is not a number.`);
}

function readInteger(name: string, value: unknown): number {
  if (Number.isSafeInteger(value)) return value as number;
  throw new KeepsightError(
    "bad_request",
    `Tensor "${name}": ${JSON.stringify(value)} is not a whole number.`,
  );
}

/** The values as JSON text. Throws `bad_request` where JSON cannot write them: whoever asked wants the binary form. */
export function toJsonValues({ name, datatype, data }: WireTensor): string {
  // A copy of its own lies at an address that fits any type (and `slice` of a Buffer would be no copy).
  const { buffer } = new Uint8Array(data);
  if (datatype === "FP16")
    throw new KeepsightError("bad_request", `Output "${name}" is FP16: ask for it as binary data.`);
  if (datatype === "BOOL") return JSON.stringify(Array.from(new Uint8Array(buffer), Boolean));
  if (datatype === "INT64") return `[${new BigInt64Array(buffer).join(",")}]`;
  if (datatype === "UINT64") return `[${new BigUint64Array(buffer).join(",")}]`;
  const values = new ARRAYS[datatype](buffer);
  if (values.every(Number.isFinite)) return `[${values.join(",")}]`;
  throw new KeepsightError(
    "bad_request",
    `Output "${name}" has values that JSON cannot write (NaN or infinite): ask for it as binary data.`,
  );
}
