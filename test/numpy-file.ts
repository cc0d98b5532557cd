/** The bytes of a NumPy file (version 1) with float64 numbers of this shape, as numpy.save writes it. */
export function createNumpyFile(numbers: readonly number[], shape: readonly number[]): Buffer {
  const shapeText = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const header = `{'descr': '<f8', 'fortran_order': False, 'shape': ${shapeText}, }\n`;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(header.length);
  const magic = Buffer.from("\u0093NUMPY\u0001\u0000", "latin1");
  return Buffer.concat([magic, length, Buffer.from(header), Buffer.from(Float64Array.from(numbers).buffer)]);
}
