import { readFileSync, writeFileSync } from "node:fs";

/** Optimised, no runtime and no static data: the memory belongs to the caller. */
const COMPILER_OPTIONS = "-O3 --runtime stub --noAssert --enable simd --importMemory --initialMemory 1".split(
  " ",
);

/**
 * The bytes of kernel.wasm, compiled from kernel.as with the development dependency `assemblyscript`; throws the
 * compiler's messages when the source is wrong. Run as a program it writes them beside the source.
 */
export async function compileKernel(): Promise<Uint8Array> {
  const { default: compiler } = await import("assemblyscript/asc");
  const source = readFileSync(new URL("./kernel.as", import.meta.url), "utf8");
  const messages: string[] = [];
  let compiled: Uint8Array | undefined;
  // The compiler insists on names that end in .ts, where our own type checker would trip over the dialect.
  const { error } = await compiler.main(["kernel.ts", "-o", "kernel.wasm", ...COMPILER_OPTIONS], {
    readFile: (name) => (name === "kernel.ts" ? source : null),
    writeFile: (_name, contents) => {
      if (contents instanceof Uint8Array) compiled = contents;
    },
    listFiles: () => [],
    stderr: { write: (text) => messages.push(String(text)) > 0 },
  });
  if (error !== null || compiled === undefined) {
    throw new Error(`AssemblyScript does not compile: ${messages.join("")}`, { cause: error });
  }
  return compiled;
}

if (import.meta.main) writeFileSync(new URL("./kernel.wasm", import.meta.url), await compileKernel());
