import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compileAssemblyScript, compileKernel } from "./compile-kernel.ts";

describe("compileKernel", () => {
  it("gives the committed bytes (else run `node src/database/vector-index/compile-kernel.ts`)", async () => {
    const committed = readFileSync(new URL("./kernel.wasm", import.meta.url));
    expect(Buffer.from(await compileKernel()).equals(committed)).toBe(true);
  });
});

describe("compileAssemblyScript", () => {
  it("throws what the compiler says of a mistake", async () => {
    await expect(compileAssemblyScript("export function f(): i32 { return missing; }")).rejects.toThrow(
      "Cannot find name 'missing'",
    );
  });
});
