import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { factorize, inverseDiagonalAt, solveFactorized } from "./solve-symmetric.ts";

describe("solveFactorized", () => {
  it("solves a worked example", () => {
    // Wikipedia, "Cholesky decomposition", the first example: L = [[2,0,0],[6,1,0],[-8,5,3]].
    const factor = factorize(Float64Array.of(4, 12, -16, 12, 37, -43, -16, -43, 98), 3);
    expect([...factor.lower]).toEqual([2, 0, 0, 6, 1, 0, -8, 5, 3]);
    const solution = solveFactorized(factor, Float64Array.of(0, 6, 39));
    expect([...solution].map((value) => Math.round(value * 1e9) / 1e9)).toEqual([1, 1, 1]);
  });

  it("gives back what a random positive definite matrix was multiplied with", () => {
    const value = fc.double({ min: -1, max: 1, noNaN: true });
    const problem = fc.integer({ min: 1, max: 6 }).chain((size) =>
      fc.record({
        size: fc.constant(size),
        rows: fc.array(fc.array(value, { minLength: size, maxLength: size }), {
          minLength: size,
          maxLength: size,
        }),
        wanted: fc.array(value, { minLength: size, maxLength: size }),
      }),
    );
    fc.assert(
      fc.property(problem, ({ size, rows, wanted }) => {
        const matrix = Float64Array.from({ length: size * size }, (_, at) => {
          const [i, j] = [Math.floor(at / size), at % size];
          return rows[i]!.reduce((sum, x, k) => sum + x * rows[j]![k]!, i === j ? 0.1 : 0);
        });
        const right = Float64Array.from({ length: size }, (_, i) =>
          wanted.reduce((sum, x, j) => sum + matrix[i * size + j]! * x, 0),
        );
        const factor = factorize(matrix, size);
        const found = solveFactorized(factor, right);
        wanted.forEach((x, i) => expect(found[i]).toBeCloseTo(x, 6));
        for (let i = 0; i < size; i++) {
          const unit = Float64Array.from({ length: size }, (_, j) => (i === j ? 1 : 0));
          expect(inverseDiagonalAt(factor, i)).toBeCloseTo(solveFactorized(factor, unit)[i]!, 6);
        }
      }),
    );
  });

  it("refuses what is not positive definite", () => {
    expect(() => factorize(Float64Array.of(1, 2, 2, 1), 2)).toThrow(/positive definite/);
    expect(() => factorize(Float64Array.of(Number.NaN), 1)).toThrow(/positive definite/);
  });
});
