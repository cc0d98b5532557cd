/** Bits set in each byte. */
const ONES = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0;
  for (let rest = byte; rest > 0; rest >>= 1) count += rest & 1;
  return count;
});

/** How many bits of two blobs of equal length differ; null when one of them is no blob, or longer than the other. */
export function hammingDistance(a: unknown, b: unknown): number | null {
  if (!(a instanceof Uint8Array) || !(b instanceof Uint8Array) || a.length !== b.length) return null;
  let distance = 0;
  for (let i = 0; i < a.length; i++) distance += ONES[a[i]! ^ b[i]!]!;
  return distance;
}
