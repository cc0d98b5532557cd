/**
 * Symmetric quantisation to 7 bits, one scale for each column (Jacob et al. 2018, "Quantization and Training of Neural
 * Networks for Efficient Integer-Arithmetic-Only Inference", with a zero point of 0): w ≈ scale · q, q in −63…63.
 *
 * Why not all 8 bits: x86 processors without VNNI instructions (most from before 2019) add two products of such a number
 * and an unsigned 8-bit one in 16 bits, and 2 · 255 · 127 does not fit: results are silently wrong there, of 2 · 255 · 63
 * they are right. ONNX Runtime's own remedy (`session.x64quantprecision`) also halves the speed of processors with VNNI (71
 * instead of 38 ms for a ViT-B/32), and a file quantised on one machine may be copied to another.
 */

/** Largest number: twice its product with 255 fits into 16 bits. */
const LARGEST = 63;

/** A matrix of whole numbers with the factors that bring it back. */
export interface QuantizedMatrix {
  /** Row-major, `inputSize` rows of `outputSize`. */
  readonly values: Int8Array;
  /** One for each column. */
  readonly scales: Float32Array;
}

/**
 * Quantises a matrix of `inputSize` rows and `outputSize` columns; `isTransposed` when the numbers are given column after
 * column. The result is row by row in any case. A column of zeros gets the scale 1. O(rows · columns).
 */
export function quantizeMatrix(
  weights: Float32Array,
  shape: { readonly inputSize: number; readonly outputSize: number; readonly isTransposed: boolean },
): QuantizedMatrix {
  const { inputSize, outputSize, isTransposed } = shape;
  const [rowStride, columnStride] = isTransposed ? [1, inputSize] : [outputSize, 1];
  const scales = new Float32Array(outputSize);
  for (let row = 0; row < inputSize; row++) {
    for (let column = 0; column < outputSize; column++) {
      const size = Math.abs(weights[row * rowStride + column * columnStride]!);
      if (size > scales[column]!) scales[column] = size;
    }
  }
  for (let column = 0; column < outputSize; column++) scales[column] = scales[column]! / LARGEST || 1;
  const factors = scales.map((scale) => 1 / scale);
  const values = new Int8Array(inputSize * outputSize);
  for (let row = 0; row < inputSize; row++) {
    for (let column = 0; column < outputSize; column++) {
      // Never beyond ±63: the largest of the column is 63 times its scale, give or take a millionth.
      values[row * outputSize + column] = Math.round(
        weights[row * rowStride + column * columnStride]! * factors[column]!,
      );
    }
  }
  return { values, scales };
}
