import { readFileSync } from "node:fs";

/** Memory that several threads share; its bytes never move, `buffer` only gets longer. It may be posted to them. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
  /** Adds pages of 64 KiB and gives the former number of pages; throws a RangeError when there are none. */
  grow(pages: number): number;
}

/** The functions of kernel.as on one memory. Addresses are bytes from its start. */
export interface Kernel {
  begin(entries: number, most: number, least: number, scale: number): void;
  scanF32: ScanBlock;
  scanInt8: ScanBlock;
  finish(): number;
}

/** Offers the listed rows of one block to the running search. */
type ScanBlock = (
  block: number,
  firstRow: number,
  slots: number,
  count: number,
  query: number,
  rowBytes: number,
) => void;

/** What we use of WebAssembly: neither the language's nor Node's types declare it, only those of browsers. */
interface WebAssemblyHost {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: { env: { memory: SharedMemory } }) => { readonly exports: unknown };
  Memory: new (limits: { initial: number; maximum: number; shared: true }) => SharedMemory;
}

const { WebAssembly: host } = globalThis as unknown as { WebAssembly: WebAssemblyHost };

/** The kernel working on this memory, with a search state of its own. */
export function createKernel(memory: SharedMemory): Kernel {
  return instantiate<Kernel>(readFileSync(new URL("./kernel.wasm", import.meta.url)), memory);
}

/** The functions of a WebAssembly module that works on this memory; the caller vouches for their types. */
export function instantiate<Exports>(bytes: Uint8Array, memory: SharedMemory): Exports {
  return new host.Instance(new host.Module(bytes), { env: { memory } }).exports as Exports;
}

/** Shared memory of `initial` pages of 64 KiB that can grow to `maximum`; throws a RangeError when refused. */
export function createSharedMemory(initial: number, maximum: number): SharedMemory {
  return new host.Memory({ initial, maximum, shared: true });
}
