import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it, test } from "vitest";
import { createColourConversion } from "./colour-profile.ts";

/** 7 levels of each channel. */
const LEVELS = [0, 42, 85, 128, 170, 213, 255];
const COLOURS = Uint8Array.from(
  LEVELS.flatMap((r) => LEVELS.flatMap((g) => LEVELS.flatMap((b) => [r, g, b]))),
);

/** The colours with the profile attached, as PNG, and the profile itself. */
async function withProfile(profile: "srgb" | "p3") {
  const raw = { width: COLOURS.length / 3, height: 1, channels: 3 } as const;
  // The pixels keep their values: the profile is attached to an image that already counts as having it.
  const base = await sharp(new Uint8Array(COLOURS), { raw }).png().withIccProfile(profile).toBuffer();
  const { icc } = await sharp(base).metadata();
  const stored = await sharp(base, { ignoreIcc: true }).raw().toBuffer();
  return { icc: icc!, stored, converted: await sharp(base).toColourspace("srgb").raw().toBuffer() };
}

/** An ICC profile of the matrix kind with Adobe RGB's primaries and a pure gamma. */
function adobeRgbProfile(): Uint8Array {
  const names = ["rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC"];
  const columns = [
    [0.60974, 0.31111, 0.01947],
    [0.20528, 0.62567, 0.06087],
    [0.14919, 0.06322, 0.74457],
  ];
  const bytes = Buffer.alloc(132 + names.length * 12 + names.length * 20);
  bytes.write("RGB XYZ ", 16, "latin1");
  bytes.writeUInt32BE(names.length, 128);
  for (const [i, name] of names.entries()) {
    const at = 132 + names.length * 12 + i * 20;
    bytes.write(name, 132 + i * 12, "latin1");
    bytes.writeUInt32BE(at, 136 + i * 12);
    bytes.writeUInt32BE(20, 140 + i * 12);
    bytes.write(i < 3 ? "XYZ " : "curv", at, "latin1");
    if (i < 3)
      for (const [k, value] of columns[i]!.entries())
        bytes.writeInt32BE(Math.round(value * 65536), at + 8 + k * 4);
    else bytes.set([0, 0, 0, 1, 2, 0x33], at + 8);
  }
  return bytes;
}

describe("createColourConversion", () => {
  it("agrees with the colour engine of sharp on Display P3", async () => {
    const { icc, stored, converted } = await withProfile("p3");
    const convert = createColourConversion(icc);
    if (typeof convert !== "function") throw new Error("Display P3 is of the matrix kind");
    const ours = new Uint8Array(stored);
    convert(ours);
    const differences = Array.from(ours, (value, i) => Math.abs(value - converted[i]!));
    expect(Math.max(...differences)).toBeLessThanOrEqual(3);
  });

  it("finds nothing to do for a copy of sRGB", async () => {
    const { icc } = await withProfile("srgb");
    expect(createColourConversion(icc)).toBe("none");
  });

  test.each([
    ["gray stays gray", [128, 128, 128], [128, 128, 128], 2],
    ["white stays white", [255, 255, 255], [255, 255, 255], 1],
    ["its green lies outside sRGB and is clipped", [0, 255, 0], [0, 255, 0], 1],
    ["a muted green grows more vivid", [100, 150, 100], [66, 151, 97], 2],
  ])("converts Adobe RGB: %s", (_name, stored, expected, tolerance) => {
    const convert = createColourConversion(adobeRgbProfile());
    if (typeof convert !== "function") throw new Error("the profile is of the matrix kind");
    const pixel = Uint8Array.from(stored);
    convert(pixel);
    for (const [i, value] of pixel.entries())
      expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(tolerance);
  });

  it("leaves profiles that it does not understand to the colour engine", () => {
    expect(createColourConversion(new Uint8Array())).toBeUndefined();
    expect(createColourConversion(new Uint8Array(500))).toBeUndefined();
    const cmyk = adobeRgbProfile();
    cmyk.set(Buffer.from("CMYK"), 16);
    expect(createColourConversion(cmyk)).toBeUndefined();
  });

  it("survives damage to any byte", () => {
    const profile = adobeRgbProfile();
    fc.assert(
      fc.property(fc.nat(profile.length - 1), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const damaged = profile.slice();
        damaged[at] = value;
        const convert = createColourConversion(damaged);
        if (typeof convert === "function") convert(Uint8Array.from(COLOURS));
      }),
      { numRuns: 300 },
    );
  });
});
