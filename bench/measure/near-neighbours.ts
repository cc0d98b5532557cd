import type { RasterImage } from "../../src/core/raster-image.ts";
import type { Picture } from "../../test/read-picture.ts";
import { extractFeatures } from "../../src/duplicate/local-features.ts";
import { computePdq } from "../../src/hash/pdq.ts";

/** Share of its sides by which the part that is replaced is smaller than the picture. */
const LEAST_SIDE = 0.45;
const MOST_SIDE = 0.6;

/**
 * A picture that is another one but for a part of a fifth to a third of it, which shows something of a second picture: nearly
 * the same, and not a copy, as two shots in which somebody moved.
 */
export function composeNeighbour(base: RasterImage, other: RasterImage, random: () => number): Picture {
  const data = new Uint8Array(base.data);
  const side = () => LEAST_SIDE + random() * (MOST_SIDE - LEAST_SIDE);
  const width = Math.floor(Math.min(base.width, other.width) * side());
  const height = Math.floor(Math.min(base.height, other.height) * side());
  const from = placeIn(other, width, height, random);
  const to = placeIn(base, width, height, random);
  for (let row = 0; row < height; row++) {
    const start = ((from.y + row) * other.width + from.x) * 3;
    data.set(other.data.subarray(start, start + width * 3), ((to.y + row) * base.width + to.x) * 3);
  }
  const image = { ...base, data };
  const { hash, quality } = computePdq(image);
  return { image, features: extractFeatures(image), pdq: hash, pdqQuality: quality };
}

function placeIn(image: RasterImage, width: number, height: number, random: () => number) {
  return {
    x: Math.floor(random() * (image.width - width)),
    y: Math.floor(random() * (image.height - height)),
  };
}

/** Embeddings along a path: each is alike to the next by this similarity, and the first and the last not at all. */
export function walkEmbeddings(
  count: number,
  dimensions: number,
  similarity: number,
  random: () => number,
): Float32Array[] {
  let at = normalize(Float32Array.from({ length: dimensions }, () => random() - 0.5));
  return Array.from({ length: count }, () => {
    const step = Float32Array.from({ length: dimensions }, () => random() - 0.5);
    const along = dot(step, at);
    const across = normalize(step.map((value, i) => value - along * at[i]!));
    const sine = Math.sqrt(1 - similarity ** 2);
    at = normalize(at.map((value, i) => similarity * value + sine * across[i]!));
    return at;
  });
}

export function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

function normalize(vector: Float32Array): Float32Array {
  const length = Math.sqrt(dot(vector, vector));
  return vector.map((value) => value / length);
}
