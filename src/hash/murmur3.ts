import { C1, C2, CHUNK_BYTES, createMurmur3Kernel, STATE_BYTES } from "./murmur3-kernel.ts";

/**
 * MurmurHash3 x64 128 (Austin Appleby, 2011, `MurmurHash3.cpp`), seed 0.
 *
 * Cost: O(n) time; blocks run in WebAssembly, the last 15 bytes and the finish in BigInt.
 *
 * The contract:
 * - the digest is h1 then h2, each big-endian: what Go's implementations print and what imohash uses;
 * - not cryptographic: it tells files that differ by accident, not forged ones.
 */

const BLOCK_BYTES = 16;

const kernel = createMurmur3Kernel();
const memory = new Uint8Array(kernel.memory.buffer);
const state = new DataView(kernel.memory.buffer, 0, STATE_BYTES);

/** The 16 bytes of the 128-bit digest of `bytes`: h1 big-endian, then h2 big-endian. Any length, the empty one included. */
export function murmur3(bytes: Uint8Array): Uint8Array {
  const tailStart = bytes.length - (bytes.length % BLOCK_BYTES);
  memory.fill(0, 0, STATE_BYTES);
  for (let start = 0; start < tailStart; start += CHUNK_BYTES) {
    const chunk = bytes.subarray(start, Math.min(start + CHUNK_BYTES, tailStart));
    memory.set(chunk, STATE_BYTES);
    kernel.mixBlocks(STATE_BYTES + chunk.length);
  }
  const h1 = state.getBigUint64(0, true);
  const h2 = state.getBigUint64(8, true);
  return finish(h1, h2, bytes.subarray(tailStart), bytes.length);
}

function finish(blocksH1: bigint, blocksH2: bigint, tail: Uint8Array, length: number): Uint8Array {
  const low = readLittleEndian(tail.subarray(0, 8));
  const high = readLittleEndian(tail.subarray(8));
  const mixed1 = blocksH1 ^ toU64(rotateLeft(toU64(low * C1), 31n) * C2) ^ BigInt(length);
  const mixed2 = blocksH2 ^ toU64(rotateLeft(toU64(high * C2), 33n) * C1) ^ BigInt(length);
  const sum1 = toU64(mixed1 + mixed2);
  const final1 = avalanche(sum1);
  const final2 = avalanche(toU64(mixed2 + sum1));
  const h1 = toU64(final1 + final2);
  const digest = new Uint8Array(BLOCK_BYTES);
  const view = new DataView(digest.buffer);
  view.setBigUint64(0, h1);
  view.setBigUint64(8, toU64(final2 + h1));
  return digest;
}

/** `fmix64` of the reference: every bit of the input reaches every bit of the output. */
function avalanche(value: bigint): bigint {
  let mixed = toU64((value ^ (value >> 33n)) * 0xff51afd7ed558ccdn);
  mixed = toU64((mixed ^ (mixed >> 33n)) * 0xc4ceb9fe1a85ec53n);
  return mixed ^ (mixed >> 33n);
}

function readLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function rotateLeft(value: bigint, count: bigint): bigint {
  return toU64(value << count) | (value >> (64n - count));
}

function toU64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
