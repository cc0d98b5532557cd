import { readFileSync, writeFileSync } from "node:fs";
import { compileAssemblyScript } from "../../core/compile-assembly-script.ts";

/** Optimised, no runtime and no static data: the memory belongs to the caller. Relaxed SIMD has the fused multiply-add. */
const COMPILER_OPTIONS =
  "-O3 --runtime stub --noAssert --enable simd --enable relaxed-simd --importMemory --initialMemory 1".split(
    " ",
  );

/** The bytes of kernel.wasm, compiled from kernel.as. Run as a program this module writes them beside the source. */
export async function compileKernel(): Promise<Uint8Array> {
  const source = readFileSync(new URL("./kernel.as", import.meta.url), "utf8");
  return compileAssemblyScript(source, COMPILER_OPTIONS);
}

if (import.meta.main) writeFileSync(new URL("./kernel.wasm", import.meta.url), await compileKernel());
