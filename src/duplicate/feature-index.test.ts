import { describe, expect, it } from "vitest";
import { createRandom } from "../math/random.ts";
import { FeatureIndex } from "./feature-index.ts";

const random = createRandom(9);
const makeDescriptors = () => Uint8Array.from({ length: 64 * 32 }, () => Math.floor(random() * 256));

/** The descriptors with one bit in 32 changed. */
const disturb = (descriptors: Uint8Array) =>
  descriptors.map((byte) => (random() < 0.25 ? byte ^ (1 << Math.floor(random() * 8)) : byte));

describe("FeatureIndex", () => {
  it("names the picture first whose features were disturbed, among thousands", () => {
    const index = new FeatureIndex();
    const pictures = Array.from({ length: 3000 }, makeDescriptors);
    pictures.forEach((descriptors, i) => index.set(i * 3, descriptors));
    for (const i of [0, 1023, 1024, 2999]) {
      const found = index.findLikely(disturb(pictures[i]!), 4);
      expect(found[0]!.id).toBe(i * 3);
      expect(found.length).toBeLessThanOrEqual(4);
      expect(found.map(({ votes }) => votes)).toEqual(
        found.map(({ votes }) => votes).toSorted((a, b) => b - a),
      );
    }
  });

  it("gives the same answer twice: no votes are left over", () => {
    const index = new FeatureIndex();
    const descriptors = makeDescriptors();
    index.set(1, descriptors);
    expect(index.findLikely(descriptors, 5)).toEqual(index.findLikely(descriptors, 5));
  });

  it("forgets a picture that was replaced or deleted", () => {
    const index = new FeatureIndex();
    const [former, present] = [makeDescriptors(), makeDescriptors()];
    index.set(1, former);
    index.set(1, present);
    expect(index.findLikely(former, 5)).toEqual([]);
    expect(index.findLikely(present, 5).map(({ id }) => id)).toEqual([1]);
    index.delete(1);
    expect(index.findLikely(present, 5)).toEqual([]);
  });

  it("pays no heed to a key that very many pictures have", () => {
    const index = new FeatureIndex();
    const shared = makeDescriptors();
    for (let id = 0; id < 65; id++) index.set(id, shared);
    expect(index.findLikely(shared, 5)).toEqual([]);
  });
});
