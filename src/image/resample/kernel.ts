import { webAssembly } from "../../core/web-assembly.ts";
import { readFileSync } from "node:fs";

/** The functions of kernel.as. Addresses are bytes from the start of the memory. */
interface KernelExports {
  filterRow(
    source: number,
    target: number,
    width: number,
    starts: number,
    weights: number,
    pairs: number,
  ): void;
  filterColumns(
    source: number,
    target: number,
    byteCount: number,
    stride: number,
    weights: number,
    pairs: number,
  ): void;
  halveRows(upper: number, lower: number, target: number, width: number): void;
  interpolateRow(source: number, target: number, width: number, firsts: number, weights: number): void;
  warpRow(
    source: number,
    columns: number,
    rows: number,
    target: number,
    width: number,
    a: number,
    d: number,
    g: number,
    x0: number,
    y0: number,
    w0: number,
  ): void;
  warpLinearRow(
    source: number,
    columns: number,
    rows: number,
    target: number,
    width: number,
    a: number,
    d: number,
    x0: number,
    y0: number,
  ): void;
  blendRows(upper: number, lower: number, target: number, byteCount: number, down: number): void;
  separateChannels(
    source: number,
    target: number,
    count: number,
    planeBytes: number,
    redFactor: number,
    redShift: number,
    greenFactor: number,
    greenShift: number,
    blueFactor: number,
    blueShift: number,
  ): void;
}

const PAGE_BYTES = 65_536;

// One for the process: all calls are synchronous and leave nothing behind that matters, and memories of their own would
// each reserve gigabytes of address space until they are collected.
const memory = new webAssembly.Memory({ initial: 1 });
const bytes = readFileSync(new URL("./kernel.wasm", import.meta.url));

/** The inner loops of work on pixels, on the memory that {@link reserveMemory} gives. */
export const kernel = new webAssembly.Instance(new webAssembly.Module(bytes), { env: { memory } })
  .exports as KernelExports;

/**
 * The first `byteCount` bytes of the kernel's memory, holding anything. The view is valid until the next call; throws a
 * RangeError when so much cannot be had.
 */
export function reserveMemory(byteCount: number): Uint8Array {
  const missing = byteCount - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
  return new Uint8Array(memory.buffer, 0, byteCount);
}

/** Addresses of consecutive blocks of these sizes, bytes, and the bytes they take in all. */
export function layOut<Sizes extends readonly number[]>(
  ...byteCounts: Sizes
): { readonly addresses: { readonly [Place in keyof Sizes]: number }; readonly byteCount: number } {
  const addresses: number[] = [];
  let byteCount = 0;
  for (const size of byteCounts) {
    addresses.push(byteCount);
    byteCount += roundUp(size + SLACK_BYTES);
  }
  return { addresses: addresses as { [Place in keyof Sizes]: number }, byteCount };
}

/** The kernel reads and writes up to this far beyond the end of a block. */
const SLACK_BYTES = 16;

function roundUp(byteCount: number): number {
  return Math.ceil(byteCount / SLACK_BYTES) * SLACK_BYTES;
}
