import { webAssembly, type WebAssemblyMemory } from "../../core/web-assembly.ts";
import { readFileSync } from "node:fs";

/** Memory that several threads share; its bytes never move, `buffer` only gets longer. It may be posted to them. */
export type SharedMemory = WebAssemblyMemory<SharedArrayBuffer>;

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

/** The kernel working on this memory, with a search state of its own. */
export function createKernel(memory: SharedMemory): Kernel {
  return instantiate<Kernel>(readFileSync(new URL("./kernel.wasm", import.meta.url)), memory);
}

/** The functions of a WebAssembly module that works on this memory; the caller vouches for their types. */
export function instantiate<Exports>(bytes: Uint8Array, memory: SharedMemory): Exports {
  return new webAssembly.Instance(new webAssembly.Module(bytes), { env: { memory } }).exports as Exports;
}

/** Shared memory of `initial` pages of 64 KiB that can grow to `maximum`; throws a RangeError when refused. */
export function createSharedMemory(initial: number, maximum: number): SharedMemory {
  return new webAssembly.Memory({ initial, maximum, shared: true });
}
