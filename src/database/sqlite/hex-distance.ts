import { hammingDistance } from "../../math/hamming-distance.ts";

/** How many bits of two blobs of equal length differ; null when one of them is no blob, or longer than the other. */
export function blobDistance(a: unknown, b: unknown): number | null {
  if (!(a instanceof Uint8Array) || !(b instanceof Uint8Array) || a.length !== b.length) return null;
  return hammingDistance(a, b);
}
