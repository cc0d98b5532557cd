/** Memory of WebAssembly modules, in pages of 64 KiB. */
export interface WebAssemblyMemory<Bytes> {
  /** Another one after each growth, unless it is shared. */
  readonly buffer: Bytes;
  /** Adds pages and gives the former number of pages; throws a RangeError when there are none. */
  grow(pages: number): number;
}

/** What we use of WebAssembly. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports?: object) => { readonly exports: unknown };
  readonly Memory: {
    new (limits: { initial: number; maximum: number; shared: true }): WebAssemblyMemory<SharedArrayBuffer>;
    new (limits: { initial: number }): WebAssemblyMemory<ArrayBuffer>;
  };
}

/** WebAssembly as every Node has it: neither the language's nor Node's types declare it, only those of browsers. */
export const webAssembly = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;
