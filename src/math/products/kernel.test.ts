import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compileKernel } from "./compile-kernel.ts";

describe("compileKernel", () => {
  it("gives the committed bytes (else run `node src/math/products/compile-kernel.ts`)", async () => {
    const committed = readFileSync(new URL("./kernel.wasm", import.meta.url));
    expect(Buffer.from(await compileKernel()).equals(committed)).toBe(true);
  });
});
