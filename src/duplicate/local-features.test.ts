import { describe, expect, it } from "vitest";
import type { RasterImage } from "../core/raster-image.ts";
import { createRandom } from "../math/random.ts";
import { DESCRIPTOR_BYTES, SQUARE_SYMMETRIES, turnDescriptors } from "./descriptor-pattern.ts";
import { extractFeatures } from "./local-features.ts";

const SIDE = 97;

/** Soft blobs on an odd square, so that its centre is a pixel and turning it is exact. */
function createPicture(): Uint8Array {
  const random = createRandom(11);
  const blobs = Array.from({ length: 60 }, () => [
    random() * SIDE,
    random() * SIDE,
    3 + random() * 5,
    random() * 200,
  ]);
  return Uint8Array.from({ length: SIDE * SIDE }, (_, at) => {
    const [x, y] = [at % SIDE, Math.floor(at / SIDE)];
    const level = blobs.reduce(
      (sum, [bx, by, radius, height]) =>
        sum + height! * Math.exp(-((x - bx!) ** 2 + (y - by!) ** 2) / radius! ** 2),
      20,
    );
    return Math.min(235, Math.round(level));
  });
}

function toRaster(grey: Uint8Array): RasterImage {
  return {
    data: Uint8Array.from({ length: grey.length * 3 }, (_, i) => grey[Math.floor(i / 3)]!),
    width: SIDE,
    height: SIDE,
  };
}

function turn(grey: Uint8Array, symmetry: number): Uint8Array {
  const [a, b, c, d] = SQUARE_SYMMETRIES[symmetry]!;
  const centre = (SIDE - 1) / 2;
  const turned = new Uint8Array(grey.length);
  grey.forEach((level, at) => {
    const x = (at % SIDE) - centre;
    const y = Math.floor(at / SIDE) - centre;
    turned[(c * x + d * y + centre) * SIDE + (a * x + b * y + centre)] = level;
  });
  return turned;
}

/** Each finest feature as text: where it is and what it looks like. */
function fingerprints(grey: Uint8Array): Map<string, Uint8Array> {
  const { count, levels, positions, descriptors } = extractFeatures(toRaster(grey));
  const entries: [string, Uint8Array][] = [];
  for (let i = 0; i < count; i++) {
    if (levels[i] !== 0) continue;
    const place = `${positions[2 * i]},${positions[2 * i + 1]}`;
    entries.push([place, descriptors.slice(i * DESCRIPTOR_BYTES, (i + 1) * DESCRIPTOR_BYTES)]);
  }
  return new Map(entries);
}

describe("extractFeatures", () => {
  const picture = createPicture();
  const upright = fingerprints(picture);

  it("finds corners in a picture, and none in a plain one", () => {
    expect(upright.size).toBeGreaterThan(10);
    expect(extractFeatures(toRaster(new Uint8Array(SIDE * SIDE).fill(90))).count).toBe(0);
  });

  it("keeps positions inside the view and at most 128 features", () => {
    const { count, view, positions } = extractFeatures(toRaster(picture));
    expect(count).toBeLessThanOrEqual(128);
    expect(view).toEqual({ width: SIDE, height: SIDE });
    expect(positions.every((value) => value >= 0 && value < SIDE)).toBe(true);
  });

  it("describes a turned or mirrored picture by the same bits in another order", () => {
    const centre = (SIDE - 1) / 2;
    SQUARE_SYMMETRIES.forEach(([a, b, c, d], symmetry) => {
      const turned = fingerprints(turn(picture, symmetry));
      const agreeing = [...upright].filter(([place, descriptor]) => {
        const [x, y] = place.split(",").map((value) => Number(value) - centre) as [number, number];
        const there = turned.get(`${a * x + b * y + centre},${c * x + d * y + centre}`);
        const expected = turnDescriptors(descriptor, symmetry, false);
        return there !== undefined && differingBits(there, expected) <= 6;
      });
      // Ties between equally strong corners may be settled otherwise.
      expect(agreeing.length, `symmetry ${symmetry}`).toBeGreaterThan(upright.size * 0.8);
    });
  });

  it("describes an inverted picture by the complement", () => {
    const inverted = fingerprints(picture.map((level) => 255 - level));
    const agreeing = [...upright].filter(([place, descriptor]) => {
      const there = inverted.get(place);
      return there !== undefined && differingBits(there, turnDescriptors(descriptor, 0, true)) <= 12;
    });
    expect(agreeing.length).toBeGreaterThan(upright.size * 0.8);
  });
});

function differingBits(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, byte, i) => sum + (byte ^ b[i]!).toString(2).replaceAll("0", "").length, 0);
}
