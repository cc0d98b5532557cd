import { existsSync, globSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { sharedPath } from "../../test/shared-files.ts";

/** Long and short side of a 12-megapixel photo. */
const LONG_SIDE = 4032;
const SHORT_SIDE = 3024;

/** Quality at which phones store photos. */
const QUALITY = 90;

/** Grain of the sensor, standard deviation of levels: without it an enlarged photo is half as large and decodes faster. */
const GRAIN = 10;

/** Of every ten photos this many are everyday scenes; the rest show people and text, which cost more. */
const SOURCES = [
  { pattern: "photos/scenes/*.jpg", share: 8 },
  { pattern: "photos/people/*.jpg", share: 1 },
  { pattern: "photos/text/*.jpg", share: 1 },
];

/** Photos of 12 megapixels and where they come from. */
export interface LargePhotos {
  readonly paths: readonly string[];
  readonly description: string;
}

/** Writes `count` JPEGs of 12 megapixels into `folder`: the sample photos enlarged where they are there, else soft colours. */
export async function writeLargePhotos(folder: string, count: number): Promise<LargePhotos> {
  await mkdir(folder, { recursive: true });
  const sources = chooseSources(count);
  const paths: string[] = [];
  for (let i = 0; i < count; i++) {
    const path = join(folder, `large-${i}.jpg`);
    await writeLargePhoto(path, sources[i % sources.length], i);
    paths.push(path);
  }
  const origin = sources.length === 0 ? "made-up pictures" : "sample photos";
  return { paths, description: `${count} JPEGs of 4032 × 3024 (${origin} enlarged, with grain)` };
}

/** Sample photos in the shares of their kinds, taken evenly from each. */
function chooseSources(count: number): string[] {
  if (!existsSync(sharedPath("photos/scenes"))) return [];
  return SOURCES.flatMap(({ pattern, share }) => {
    const files = globSync(sharedPath(pattern)).toSorted();
    const wanted = Math.max(1, Math.round((count * share) / 10));
    return Array.from(
      { length: Math.min(wanted, files.length) },
      (_, i) => files[Math.floor((i * files.length) / wanted)]!,
    );
  });
}

async function writeLargePhoto(path: string, source: string | undefined, seed: number): Promise<void> {
  const { width, height, input } = await openSource(source, seed);
  const isUpright = height > width;
  const size = { width: isUpright ? SHORT_SIDE : LONG_SIDE, height: isUpright ? LONG_SIDE : SHORT_SIDE };
  const enlarged = await input
    .resize({ ...size, fit: "cover" })
    .removeAlpha()
    .toColourspace("srgb")
    .png({ compressionLevel: 0 })
    .toBuffer();
  const noise = { type: "gaussian", mean: 128, sigma: GRAIN } as const;
  const grain = await sharp({ create: { ...size, channels: 3, background: "#808080", noise } })
    .png({ compressionLevel: 0 })
    .toBuffer();
  await sharp(enlarged)
    .composite([{ input: grain, blend: "soft-light" }])
    .jpeg({ quality: QUALITY })
    .toFile(path);
}

async function openSource(source: string | undefined, seed: number) {
  if (source !== undefined) {
    const { width, height } = (await sharp(source).metadata()).autoOrient;
    return { width, height, input: sharp(source).autoOrient() };
  }
  const levels = Uint8Array.from({ length: 16 * 12 * 3 }, (_, i) => (i * i * 37 + seed * 101 + i * 13) % 256);
  return { width: 16, height: 12, input: sharp(levels, { raw: { width: 16, height: 12, channels: 3 } }) };
}
