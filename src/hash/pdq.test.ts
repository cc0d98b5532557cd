import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it, test } from "vitest";
import type { RasterImage } from "../core/raster-image.ts";
import { hammingDistance } from "../math/hamming-distance.ts";
import { computeLuminanceGrid } from "./luminance-grid.ts";
import { computeDctBlock, computePdq, computePdqVariants } from "./pdq.ts";

const conformance = new URL("../../../shared/conformance/pdq/", import.meta.url);
const photos = new URL("../../../shared/photos/duplicates/", import.meta.url);
const hasReference = existsSync(conformance) && existsSync(photos);
if (!hasReference)
  process.stderr.write("Skipped: conformance of PDQ, ../shared/conformance or its photos are not there.\n");

interface ReferenceHash {
  readonly file: string;
  readonly raster?: string;
  readonly hash: string;
  readonly quality: number;
  readonly dih: readonly string[];
}

/** 20×20 tiles of random colours, repeating with the seed: energy at all frequencies, like a photograph. */
function createPicture(width: number, height: number, seed: number): RasterImage {
  let state = seed | 1;
  const tiles = Uint8Array.from({ length: 20 * 20 * 3 }, () => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223;
    return state >>> 24;
  });
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const column = Math.floor((20 * (i % width)) / width);
    const row = Math.floor((20 * Math.floor(i / width)) / height);
    data.set(tiles.subarray(3 * (20 * row + column), 3 * (20 * row + column) + 3), 3 * i);
  }
  return { data, width, height };
}

/** The picture whose pixel (x, y) is the pixel `source(x, y)` of the given one. */
function rearrange(
  image: RasterImage,
  [width, height]: readonly [number, number],
  source: (x: number, y: number) => readonly [number, number],
): RasterImage {
  const data = new Uint8Array(image.data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [fromX, fromY] = source(x, y);
      const from = 3 * (fromY * image.width + fromX);
      data.set(image.data.subarray(from, from + 3), 3 * (y * width + x));
    }
  }
  return { data, width, height };
}

/** The picture in the eight orientations of PDQ, made of pixels. */
function turnPixels(image: RasterImage): RasterImage[] {
  const { width: w, height: h } = image;
  const [right, bottom] = [w - 1, h - 1];
  return [
    image,
    rearrange(image, [h, w], (x, y) => [right - y, x]),
    rearrange(image, [w, h], (x, y) => [right - x, bottom - y]),
    rearrange(image, [h, w], (x, y) => [y, bottom - x]),
    rearrange(image, [w, h], (x, y) => [x, bottom - y]),
    rearrange(image, [w, h], (x, y) => [right - x, y]),
    rearrange(image, [h, w], (x, y) => [y, x]),
    rearrange(image, [h, w], (x, y) => [right - y, bottom - x]),
  ];
}

async function decode(path: URL): Promise<RasterImage> {
  const { data, info } = await sharp(fileURLToPath(path)).removeAlpha().toColourspace("srgb").raw().toBuffer({
    resolveWithObject: true,
  });
  return { data, width: info.width, height: info.height };
}

function readReference(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, conformance), "utf8"));
}

function readFloats(name: string): Float32Array {
  const bytes = new Uint8Array(readFileSync(new URL(name, conformance)));
  return new Float32Array(bytes.buffer);
}

function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
}

describe("computeDctBlock", () => {
  it("answers a wave with its frequency alone, vertical by row and horizontal by column, from 1 on", () => {
    const wave = (frequency: number, i: number) => Math.cos((Math.PI * frequency * (i + 0.5)) / 64);
    const grid = Float64Array.from({ length: 64 * 64 }, (_, i) => wave(2, i >> 6) * wave(5, i & 63));
    const block = computeDctBlock(grid);
    const found = [...block.entries()].filter(([, value]) => Math.abs(value) > 1e-9);
    expect(found).toEqual([[16 + 4, expect.closeTo(32, 9)]]);
  });
});

describe("computePdq", () => {
  it("has half of its bits set, being cut at the median", () => {
    const { hash, quality } = computePdq(createPicture(300, 200, 1));
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(hammingDistance(hash, "0".repeat(64))).toBe(128);
    expect(quality).toBe(100);
  });

  it("hardly changes with the size and brightness of the picture", () => {
    const image = createPicture(512, 384, 3);
    const { hash } = computePdq(image);
    const darker = { ...image, data: image.data.map((value) => value * 0.8) };
    expect(hammingDistance(computePdq(createPicture(200, 150, 3)).hash, hash)).toBeLessThan(31);
    expect(hammingDistance(computePdq(darker).hash, hash)).toBeLessThan(31);
    expect(hammingDistance(computePdq(createPicture(512, 384, 1)).hash, hash)).toBeGreaterThan(31);
  });

  it("gives a flat picture quality 0", () => {
    expect(
      computePdq({ data: new Uint8Array(100 * 100 * 3).fill(90), width: 100, height: 100 }).quality,
    ).toBe(0);
  });

  it.each([
    [4, 100],
    [100, 4],
  ])("gives a sliver of %d×%d pixels no hash", (width, height) => {
    expect(computePdq(createPicture(width, height, 1))).toEqual({ hash: "0".repeat(64), quality: 0 });
  });

  it("refuses pixels that do not fill the size", () => {
    expect(() => computePdq({ data: new Uint8Array(100), width: 10, height: 10 })).toThrow(/10×10/);
  });
});

describe("computePdqVariants", () => {
  it("gives the hashes of the turned and mirrored pictures", () => {
    // Sides at which box windows and decimation are symmetric, so that the equality is exact.
    const side = fc.constantFrom(40, 64, 100);
    fc.assert(
      fc.property(side, side, fc.integer({ min: 0, max: 2 ** 30 }), (width, height, seed) => {
        const image = createPicture(width, height, seed);
        const { hashes } = computePdqVariants(image);
        expect(hashes).toEqual(turnPixels(image).map((turned) => computePdq(turned).hash));
      }),
      { numRuns: 20 },
    );
  });

  it("begins with hash and quality of the picture as it is", () => {
    const image = createPicture(600, 400, 9);
    const { hashes, quality } = computePdqVariants(image);
    expect({ hash: hashes[0], quality }).toEqual(computePdq(image));
    expect(new Set(hashes).size).toBe(8);
  });

  it("gives a sliver no hash in any orientation", () => {
    expect(computePdqVariants(createPicture(4, 90, 1))).toEqual({
      hashes: Array(8).fill("0".repeat(64)),
      quality: 0,
    });
  });
});

describe.skipIf(!hasReference)("PDQ against the reference", () => {
  const core = hasReference ? (readReference("core.json") as readonly ReferenceHash[]) : [];
  const images = hasReference
    ? (readReference("hashes.json") as { images: readonly ReferenceHash[] }).images
    : [];

  test.each(core)(
    "$raster: hash, quality, variants and intermediate values",
    async ({ raster, hash, quality, dih }) => {
      const name = raster!.replace("core/", "").replace(".png", "");
      const image = await decode(new URL(`${name}.png`, conformance));
      const grid = computeLuminanceGrid(image);
      expect(maxDifference(grid, readFloats(`${name}.buf64.f32`))).toBeLessThan(0.02);
      expect(maxDifference(computeDctBlock(grid), readFloats(`${name}.dct16.f32`))).toBeLessThan(0.05);
      expect(computePdq(image)).toEqual({ hash, quality });
      expect(computePdqVariants(image).hashes).toEqual(dih);
    },
  );

  test.each(images)(
    "$file, decoded here, within 10 bits in all orientations",
    async ({ file, quality, dih }) => {
      const variants = computePdqVariants(await decode(new URL(file.split("/").at(-1)!, photos)));
      variants.hashes.forEach((hash, i) => expect(hammingDistance(hash, dih[i]!)).toBeLessThanOrEqual(10));
      expect(variants.quality).toBe(quality);
    },
  );
});
