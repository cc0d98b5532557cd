import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hammingDistance } from "../math/hamming-distance.ts";
import { createRandom } from "../math/random.ts";
import { HashIndex } from "./hash-index.ts";

function randomHash(random: () => number): Uint8Array {
  return Uint8Array.from({ length: 32 }, () => Math.floor(random() * 256));
}

/** The hash with this many different bits changed. */
function change(hash: Uint8Array, bits: number, random: () => number): Uint8Array {
  const changed = hash.slice();
  const places = new Set<number>();
  while (places.size < bits) places.add(Math.floor(random() * 256));
  for (const bit of places) changed[bit >> 3]! ^= 1 << (bit & 7);
  return changed;
}

const hex = (hash: Uint8Array) => Buffer.from(hash).toString("hex");

describe("HashIndex", () => {
  it("finds exactly what comparing with every hash finds, at any distance it allows", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 47 }), (seed, maxDistance) => {
        const random = createRandom(seed);
        const origin = randomHash(random);
        const hashes = Array.from({ length: 300 }, (_, i) =>
          i % 3 === 0 ? randomHash(random) : change(origin, i % 60, random),
        );
        const index = new HashIndex();
        hashes.forEach((hash, id) => index.set(id, hex(hash)));
        const found = index.findNear(hex(origin), maxDistance).toSorted((a, b) => a.id - b.id);
        const expected = hashes
          .map((hash, id) => ({ id, distance: hammingDistance(hash, origin) }))
          .filter(({ distance }) => distance <= maxDistance);
        expect(found).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it("grows beyond its first size and keeps what it had", () => {
    const random = createRandom(3);
    const index = new HashIndex();
    const hashes = Array.from({ length: 5000 }, () => hex(randomHash(random)));
    hashes.forEach((hash, id) => index.set(id, hash));
    for (const id of [0, 1023, 1024, 4999])
      expect(index.findNear(hashes[id]!, 0)).toEqual([{ id, distance: 0 }]);
  });

  it("forgets a hash that was replaced or deleted", () => {
    const random = createRandom(4);
    const [first, second] = [hex(randomHash(random)), hex(randomHash(random))];
    const index = new HashIndex();
    index.set(5, first);
    index.set(5, second);
    expect(index.findNear(first, 31)).toEqual([]);
    expect(index.findNear(second, 31)).toEqual([{ id: 5, distance: 0 }]);
    index.delete(5);
    expect(index.findNear(second, 31)).toEqual([]);
  });

  it("refuses distances at which it would miss some", () => {
    const index = new HashIndex();
    expect(() => index.findNear("0".repeat(64), 48)).toThrow(/47 bits/);
    expect(() => index.findNear("0".repeat(64), Number.NaN)).toThrow(/47 bits/);
  });
});
