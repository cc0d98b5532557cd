import { KeepsightError } from "../core/errors.ts";

/** A NumPy array: its numbers in row-major order, and its shape. */
export interface NumpyArray {
  /** Float32Array where the file has float16 or float32, else Float64Array, which holds integers exactly up to 2⁵³. */
  readonly numbers: Float32Array | Float64Array;
  readonly shape: readonly number[];
}

/** The magic string before version, length of the header, header and numbers. */
const MAGIC = "\u0093NUMPY";

type ReadNumber = (view: DataView, offset: number, isLittleEndian: boolean) => number;

/** How to read the kinds of numbers that matrices and labels come in, by NumPy's name without the order of bytes. */
const NUMBERS: Readonly<Record<string, { readonly bytes: number; readonly read: ReadNumber }>> = {
  f2: { bytes: 2, read: (view, offset, isLittle) => view.getFloat16(offset, isLittle) },
  f4: { bytes: 4, read: (view, offset, isLittle) => view.getFloat32(offset, isLittle) },
  f8: { bytes: 8, read: (view, offset, isLittle) => view.getFloat64(offset, isLittle) },
  i1: { bytes: 1, read: (view, offset) => view.getInt8(offset) },
  u1: { bytes: 1, read: (view, offset) => view.getUint8(offset) },
  i2: { bytes: 2, read: (view, offset, isLittle) => view.getInt16(offset, isLittle) },
  u2: { bytes: 2, read: (view, offset, isLittle) => view.getUint16(offset, isLittle) },
  i4: { bytes: 4, read: (view, offset, isLittle) => view.getInt32(offset, isLittle) },
  u4: { bytes: 4, read: (view, offset, isLittle) => view.getUint32(offset, isLittle) },
  i8: { bytes: 8, read: (view, offset, isLittle) => Number(view.getBigInt64(offset, isLittle)) },
};

/**
 * Reads a NumPy file (format versions 1 to 3; floats of 16, 32 and 64 bits and integers; either order of bytes; rows or
 * columns first, the latter turned). Throws `unsupported_media` when it is no such file, `undecodable` when it is damaged.
 */
export function parseNpy(file: Uint8Array): NumpyArray {
  const { header, start } = readHeader(file);
  const type = matchHeader(header, /'descr':\s*'([<>|=]?)(\w+)'/);
  const kind = type === undefined ? undefined : NUMBERS[type[2]!];
  if (kind === undefined)
    throw new KeepsightError(
      "unsupported_media",
      `The NumPy file holds ${type === undefined ? "records" : `numbers of type "${type[1]}${type[2]}"`}; use float16, float32, float64 or integers.`,
    );
  const shapeText = matchHeader(header, /'shape':\s*\(([\d,\s]*)\)/)?.[1];
  if (shapeText === undefined) throw damaged("its header has no shape");
  const shape = shapeText.split(",").flatMap((part) => (part.trim() === "" ? [] : [Number(part)]));
  const count = shape.reduce((product, size) => product * size, 1);
  if (file.length - start < count * kind.bytes)
    throw damaged(`it has ${file.length - start} of ${count * kind.bytes} bytes of numbers`);
  const view = new DataView(file.buffer, file.byteOffset + start, count * kind.bytes);
  const isLittleEndian = type![1] !== ">";
  const numbers = type![2] === "f2" || type![2] === "f4" ? new Float32Array(count) : new Float64Array(count);
  for (let i = 0; i < count; i++) numbers[i] = kind.read(view, i * kind.bytes, isLittleEndian);
  const isColumnsFirst = matchHeader(header, /'fortran_order':\s*(True|False)/)?.[1] === "True";
  return { numbers: isColumnsFirst ? toRowsFirst(numbers, shape) : numbers, shape };
}

function readHeader(file: Uint8Array): { header: string; start: number } {
  const text = (from: number, to: number) => String.fromCharCode(...file.subarray(from, to));
  if (file.length < 12 || text(0, 6) !== MAGIC)
    throw new KeepsightError("unsupported_media", "This is no NumPy file (.npy); numpy.save writes one.");
  const view = new DataView(file.buffer, file.byteOffset);
  const version = view.getUint8(6);
  if (version < 1 || version > 3)
    throw new KeepsightError(
      "unsupported_media",
      `NumPy files of version ${version} are not known; 1 to 3 are.`,
    );
  const headerStart = version === 1 ? 10 : 12;
  const start = headerStart + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (start > file.length) throw damaged("it ends within its header");
  return { header: text(headerStart, start), start };
}

function matchHeader(header: string, pattern: RegExp): RegExpExecArray | undefined {
  return pattern.exec(header) ?? undefined;
}

function damaged(how: string): KeepsightError {
  return new KeepsightError("undecodable", `The NumPy file is damaged: ${how}.`);
}

/** Columns first means that the first index varies fastest. */
function toRowsFirst(numbers: Float32Array | Float64Array, shape: readonly number[]) {
  const rowsFirst = numbers.slice();
  const strides: number[] = [];
  shape.reduce((stride, size) => (strides.push(stride), stride * size), 1);
  const index = shape.map(() => 0);
  for (let i = 0; i < numbers.length; i++) {
    rowsFirst[i] = numbers[index.reduce((sum, at, axis) => sum + at * strides[axis]!, 0)]!;
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
  return rowsFirst;
}
