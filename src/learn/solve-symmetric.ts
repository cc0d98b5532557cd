import { KeepsightError } from "../core/errors.ts";

/** The lower triangular factor L of A = L·Lᵀ, row-major. */
export interface CholeskyFactor {
  readonly lower: Float64Array;
  readonly size: number;
}

/**
 * The Cholesky factor of a symmetric positive definite matrix (row-major; only its lower half is read). O(n³ / 6)
 * multiplications. Throws `bad_request` for a matrix that is not positive definite.
 */
export function factorize(matrix: Float64Array, size: number): CholeskyFactor {
  const lower = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j]!;
      for (let k = 0; k < j; k++) sum -= lower[i * size + k]! * lower[j * size + k]!;
      if (i !== j) lower[i * size + j] = sum / lower[j * size + j]!;
      // Negated so that NaN is refused too.
      else if (!(sum > 0))
        throw new KeepsightError(
          "bad_request",
          "The equations have no single solution: the matrix is not positive definite.",
        );
      else lower[i * size + i] = Math.sqrt(sum);
    }
  }
  return { lower, size };
}

/** The i-th value on the diagonal of the inverse of A, by the factor of A: |L⁻¹·eᵢ|². O((n − i)²). */
export function inverseDiagonalAt({ lower, size }: CholeskyFactor, i: number): number {
  const column = new Float64Array(size);
  column[i] = 1 / lower[i * size + i]!;
  let squares = column[i]! ** 2;
  for (let row = i + 1; row < size; row++) {
    let sum = 0;
    for (let k = i; k < row; k++) sum -= lower[row * size + k]! * column[k]!;
    column[row] = sum / lower[row * size + row]!;
    squares += column[row]! ** 2;
  }
  return squares;
}

/** The solution x of A·x = b, by the factor of A. O(n²). */
export function solveFactorized({ lower, size }: CholeskyFactor, right: Float64Array): Float64Array {
  const solution = Float64Array.from(right);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) solution[i]! -= lower[i * size + k]! * solution[k]!;
    solution[i]! /= lower[i * size + i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) solution[i]! -= lower[k * size + i]! * solution[k]!;
    solution[i]! /= lower[i * size + i]!;
  }
  return solution;
}
