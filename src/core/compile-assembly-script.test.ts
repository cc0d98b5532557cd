import { describe, expect, it } from "vitest";
import { compileAssemblyScript } from "./compile-assembly-script.ts";

describe("compileAssemblyScript", () => {
  it("throws what the compiler says of a mistake", async () => {
    const mistaken = "export function f(): i32 { return missing; }";
    await expect(compileAssemblyScript(mistaken, [])).rejects.toThrow("Cannot find name 'missing'");
  });
});
