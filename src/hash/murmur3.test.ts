import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { CHUNK_BYTES } from "./murmur3-kernel.ts";
import { murmur3 } from "./murmur3.ts";

const vectorsFile = new URL("../../../shared/conformance/imohash/vectors.json", import.meta.url);
if (!existsSync(vectorsFile))
  process.stderr.write("Skipped: conformance of murmur3, ../shared/conformance is not there.\n");

const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** The reference's loop over blocks once more, in plain BigInt, for messages whose length is a multiple of 16. */
function murmur3OfBlocks(bytes: Uint8Array): string {
  const u64 = (value: bigint) => BigInt.asUintN(64, value);
  const rotate = (value: bigint, by: bigint) => u64(value << by) | (value >> (64n - by));
  const mix = (value: bigint) => {
    const once = u64((value ^ (value >> 33n)) * 0xff51afd7ed558ccdn);
    const twice = u64((once ^ (once >> 33n)) * 0xc4ceb9fe1a85ec53n);
    return twice ^ (twice >> 33n);
  };
  const [c1, c2] = [0x87c37b91114253d5n, 0x4cf5ad432745937fn];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let [h1, h2] = [0n, 0n];
  for (let i = 0; i < bytes.length; i += 16) {
    h1 ^= u64(rotate(u64(view.getBigUint64(i, true) * c1), 31n) * c2);
    h1 = u64((rotate(h1, 27n) + h2) * 5n + 0x52dce729n);
    h2 ^= u64(rotate(u64(view.getBigUint64(i + 8, true) * c2), 33n) * c1);
    h2 = u64((rotate(h2, 31n) + h1) * 5n + 0x38495ab5n);
  }
  h1 ^= BigInt(bytes.length);
  h2 ^= BigInt(bytes.length);
  h1 = u64(h1 + h2);
  h2 = u64(h2 + h1);
  const [m1, m2] = [mix(h1), mix(h2)];
  const first = u64(m1 + m2);
  return [first, u64(m2 + first)].map((half) => half.toString(16).padStart(16, "0")).join("");
}

describe("murmur3", () => {
  test.each([
    ["", "00000000000000000000000000000000"],
    ["a", "85555565f6597889e6b53a48510e895a"],
    ["hello", "cbd8a7b341bd9b025b1e906a48ae1d19"],
    ["hello, world", "342fac623a5ebc8e4cdcbc079642414d"],
    ["The quick brown fox jumps over the lazy dog", "e34bbc7bbc071b6c7a433ca9c49a9347"],
  ])("of %j is the published digest", (text, digest) => {
    expect(toHex(murmur3(Buffer.from(text)))).toBe(digest);
  });

  it("agrees with a second implementation on any blocks", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const blocks = bytes.slice(0, bytes.length - (bytes.length % 16));
        expect(toHex(murmur3(blocks))).toBe(murmur3OfBlocks(blocks));
      }),
    );
  });

  it.each([CHUNK_BYTES - 16, CHUNK_BYTES, CHUNK_BYTES + 16, 3 * CHUNK_BYTES])(
    "carries its state over chunks: %d bytes",
    (length) => {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255);
      expect(toHex(murmur3(bytes))).toBe(murmur3OfBlocks(bytes));
    },
  );

  it("does not depend on where in its buffer the message lies", () => {
    const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
    const shifted = new Uint8Array(200);
    shifted.set(bytes, 3);
    expect(murmur3(shifted.subarray(3, 103))).toEqual(murmur3(bytes));
  });
});

describe.skipIf(!existsSync(vectorsFile))("murmur3 against the reference", () => {
  const vectors = existsSync(vectorsFile)
    ? (
        JSON.parse(readFileSync(vectorsFile, "utf8")) as {
          murmur3_x64_128_text: { utf8: string; h1: string; h2: string }[];
        }
      ).murmur3_x64_128_text
    : [];

  test.each(vectors)("$utf8", ({ utf8, h1, h2 }) => {
    expect(toHex(murmur3(Buffer.from(utf8)))).toBe(h1 + h2);
  });
});
