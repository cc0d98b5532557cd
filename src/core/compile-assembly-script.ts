/**
 * The WebAssembly bytes of one AssemblyScript source, compiled with the development dependency `assemblyscript`; throws the
 * compiler's messages when the source is wrong. Only tests, benchmarks and whoever changes a kernel call it: the compiled
 * bytes are committed.
 */
export async function compileAssemblyScript(source: string, options: readonly string[]): Promise<Uint8Array> {
  const { default: compiler } = await import("assemblyscript/asc");
  const messages: string[] = [];
  let compiled: Uint8Array | undefined;
  // The compiler insists on names that end in .ts, where our own type checker would trip over the dialect.
  const { error } = await compiler.main(["kernel.ts", "-o", "kernel.wasm", ...options], {
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
