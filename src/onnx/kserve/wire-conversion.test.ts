import { describe, expect, it, test } from "vitest";
import type { Tensor } from "../session.ts";
import { fromWire, toDatatype, toWire } from "./wire-conversion.ts";

describe("toWire and fromWire", () => {
  test.each<Tensor>([
    { type: "float32", data: new Float32Array([1.5, -0, Number.NaN]), dims: [3] },
    { type: "int32", data: new Int32Array([7, -8]), dims: [2, 1] },
    { type: "int64", data: new BigInt64Array([49_406n, -1n]), dims: [2] },
    { type: "uint8", data: new Uint8Array([0, 255]), dims: [2] },
    { type: "float16", data: new Uint16Array([0x3c00]), dims: [1] },
  ])("carry $type unchanged", (tensor) => {
    expect(fromWire(toWire("x", tensor))).toEqual(tensor);
  });

  it("send the part of a larger buffer that the tensor is, and copy nothing", () => {
    const all = new Float32Array([9, 1, 2, 9]);
    const wire = toWire("x", { type: "float32", data: all.subarray(1, 3), dims: [2] });
    expect(wire.data.buffer).toBe(all.buffer);
    expect(fromWire(wire).data).toEqual(new Float32Array([1, 2]));
  });

  it("read bytes at an odd address of a Buffer", () => {
    const bytes = Buffer.from(new Float32Array([3, 4]).buffer);
    const data = Buffer.concat([Buffer.from("?"), bytes]).subarray(1);
    expect(fromWire({ name: "x", datatype: "FP32", shape: [2], data }).data).toEqual(
      new Float32Array([3, 4]),
    );
  });

  it("refuse types that no runner uses", () => {
    expect(() => fromWire({ name: "x", datatype: "BOOL", shape: [1], data: new Uint8Array(1) })).toThrow(
      /BOOL/,
    );
    expect(toDatatype("float64")).toBeUndefined();
  });
});
