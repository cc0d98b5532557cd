import { describe, expect, it } from "vitest";
import { parseNpy } from "./npy.ts";

/** A file as numpy.save writes it. */
function createNpy(
  descr: string,
  shape: string,
  bytes: Uint8Array,
  { version = 1, isColumnsFirst = false } = {},
) {
  const order = isColumnsFirst ? "True" : "False";
  const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(header.length);
  else length.writeUInt32LE(header.length);
  return Buffer.concat([
    Buffer.from("\u0093NUMPY", "latin1"),
    Buffer.from([version, 0]),
    length,
    Buffer.from(header),
    bytes,
  ]);
}

function bytesOf(numbers: { buffer: ArrayBufferLike }): Uint8Array {
  return new Uint8Array(numbers.buffer);
}

describe("parseNpy", () => {
  it.each([
    ["<f2", bytesOf(Uint16Array.of(0x3c00, 0xc100, 0x3800))],
    ["<f4", bytesOf(Float32Array.of(1, -2.5, 0.5))],
    ["<f8", bytesOf(Float64Array.of(1, -2.5, 0.5))],
    [">f4", bytesOf(Float32Array.of(1, -2.5, 0.5)).reverse()],
  ])("reads %s", (descr, bytes) => {
    const { numbers, shape } = parseNpy(createNpy(descr, "(3, 1)", bytes));
    expect(shape).toEqual([3, 1]);
    expect([...numbers]).toEqual(descr === ">f4" ? [0.5, -2.5, 1] : [1, -2.5, 0.5]);
  });

  it("reads integers, also of 64 bits", () => {
    expect([...parseNpy(createNpy("<i8", "(2,)", bytesOf(BigInt64Array.of(-1n, 7n)))).numbers]).toEqual([
      -1, 7,
    ]);
    expect([...parseNpy(createNpy("|u1", "(2,)", Uint8Array.of(0, 255))).numbers]).toEqual([0, 255]);
  });

  it("turns columns-first arrays of any rank", () => {
    const matrix = Float64Array.of(1, 4, 2, 5, 3, 6);
    const parsed = parseNpy(createNpy("<f8", "(2, 3)", bytesOf(matrix), { isColumnsFirst: true }));
    expect([...parsed.numbers]).toEqual([1, 2, 3, 4, 5, 6]);
    const cube = Uint8Array.of(0, 4, 2, 6, 1, 5, 3, 7);
    const cubed = parseNpy(createNpy("|u1", "(2, 2, 2)", cube, { isColumnsFirst: true }));
    expect([...cubed.numbers]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it("reads versions 2 and 3, whose headers may be long", () => {
    const bytes = bytesOf(Float32Array.of(4));
    for (const version of [2, 3])
      expect([...parseNpy(createNpy("<f4", "(1,)", bytes, { version })).numbers]).toEqual([4]);
  });

  it("says what is wrong with other files", () => {
    expect(() => parseNpy(new Uint8Array(100))).toThrow(/no NumPy file/);
    expect(() => parseNpy(createNpy("<c8", "(1,)", new Uint8Array(8)))).toThrow(/type "<c8"/);
    expect(() => parseNpy(createNpy("<f4", "(9, 9)", new Uint8Array(8)))).toThrow(/8 of 324 bytes/);
    expect(() => parseNpy(createNpy("<f4", "(1,)", new Uint8Array(4), { version: 9 }))).toThrow(/version 9/);
    expect(() => parseNpy(createNpy("<f4", "(1,)", new Uint8Array(4)).subarray(0, 30))).toThrow(
      /within its header/,
    );
  });
});
