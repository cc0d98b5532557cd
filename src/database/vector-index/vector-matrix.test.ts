import { describe, expect, it } from "vitest";
import { createVectorMatrix } from "./vector-matrix.ts";

describe("createVectorMatrix", () => {
  it("has room for a million f32 rows of 512 dimensions", () => {
    const matrix = createVectorMatrix({ dimensions: 512, precision: "f32", threads: 2 });
    matrix.reserve(1_000_000);
    expect(matrix.memory.buffer.byteLength).toBeGreaterThan(2.048e9);
    expect(matrix.memory.buffer.byteLength).toBeLessThan(2.1e9);
    matrix.close();
  });

  it("refuses more rows than WebAssembly memory holds, with the numbers", () => {
    const matrix = createVectorMatrix({ dimensions: 512, precision: "f32", threads: 1 });
    expect(() => matrix.reserve(3_000_000)).toThrow(
      expect.objectContaining({
        code: "too_large",
        message: expect.stringMatching(
          /3000000 embeddings of 512 dimensions need 61\d\d MB as f32; .* at most 20\d{5} .* 4295 MB/,
        ),
      }),
    );
    expect(matrix.rowCount).toBe(0);
    matrix.close();
  });
});
