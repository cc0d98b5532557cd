/** Photos made up for tests and benchmarks: small, all different, and the same in every run. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";

/** What is in a made-up photo. */
export type PhotoKind = "plain" | "text" | "broken";

/** A made-up photo on disk. */
export interface GeneratedPhoto {
  readonly path: string;
  readonly kind: PhotoKind;
}

/** Every so many-th photo bears text, is broken, or has the bytes of the one before it. */
const TEXT_EVERY = 20;
const BROKEN_EVERY = 25;
const COPY_EVERY = 30;

/** Random numbers from 0 to 1 that are the same for the same seed (mulberry32, T. Ettinger). */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Writes photos into `folder`, some of them in subfolders: soft colours in several sizes and formats; every 20th with two
 * words on it, every 25th of no use (cut off early, or no picture at all), every 30th a copy.
 */
export async function writePhotos(folder: string, count: number): Promise<GeneratedPhoto[]> {
  const random = createRandom(7);
  const photos: GeneratedPhoto[] = [];
  let previous: Uint8Array = new Uint8Array();
  for (let i = 0; i < count; i++) {
    const subfolder = join(folder, `album ${i % 7}`);
    await mkdir(subfolder, { recursive: true });
    const kind = kindOf(i);
    const extension = kind === "plain" ? ["jpg", "jpg", "png", "webp"][i % 4]! : "jpg";
    const path = join(subfolder, `photo-${String(i).padStart(4, "0")}.${extension}`);
    const isCopy = i % COPY_EVERY === COPY_EVERY - 1 && kind === "plain";
    const bytes = isCopy ? previous : breakWhere(kind, i, await encode(kind, extension, random));
    if (kind === "plain") previous = bytes;
    await writeFile(path, bytes);
    photos.push({ path, kind });
  }
  return photos;
}

function kindOf(i: number): PhotoKind {
  if (i % TEXT_EVERY === TEXT_EVERY - 1) return "text";
  return i % BROKEN_EVERY === BROKEN_EVERY - 1 ? "broken" : "plain";
}

async function encode(kind: PhotoKind, extension: string, random: () => number): Promise<Uint8Array> {
  const width = 160 + Math.floor(random() * 320);
  const height = 120 + Math.floor(random() * 240);
  // A few random pixels, enlarged softly: no two photos alike, nothing that looks like text.
  const seeds = Uint8Array.from({ length: 4 * 3 * 3 }, () => random() * 256);
  const picture = sharp(seeds, { raw: { width: 4, height: 3, channels: 3 } }).resize(width, height, {
    fit: "fill",
    kernel: "cubic",
  });
  const lettered = kind === "text" ? picture.composite([{ input: drawWords() }]) : picture;
  return lettered.toFormat(extension === "jpg" ? "jpeg" : (extension as "png" | "webp")).toBuffer();
}

/** Cut off far above the middle, or not an image at all. */
function breakWhere(kind: PhotoKind, i: number, encoded: Uint8Array): Uint8Array {
  if (kind !== "broken") return encoded;
  return i % 2 === 0 ? encoded.subarray(0, 200) : Buffer.from(`This is no picture, number ${i}.`);
}

/** Letters made of bars, so that no font is needed: left, right, top, middle, bottom, centre. */
const BARS: Readonly<Record<string, string>> = { H: "lrm", E: "ltmb", L: "lb", T: "tc", F: "ltm", I: "c" };
const LETTER_WIDTH = 11;

/** "THE LITTLE" in black on white, as SVG of 150 × 30 pixels. */
function drawWords(): Buffer {
  const bars = "THE LITTLE"
    .split("")
    .flatMap((letter, i) =>
      (BARS[letter] ?? "").split("").map((bar) => drawBar(bar, 8 + i * (LETTER_WIDTH + 3))),
    );
  const body = `<rect width="150" height="30" fill="white"/>${bars.join("")}`;
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="150" height="30">${body}</svg>`);
}

function drawBar(bar: string, x: number): string {
  const rows: Readonly<Record<string, number>> = { t: 5, m: 13, b: 22 };
  const columns: Readonly<Record<string, number>> = { l: 0, c: (LETTER_WIDTH - 3) / 2, r: LETTER_WIDTH - 3 };
  const y = rows[bar];
  return y === undefined
    ? `<rect x="${x + columns[bar]!}" y="5" width="3" height="20"/>`
    : `<rect x="${x}" y="${y}" width="${LETTER_WIDTH}" height="3"/>`;
}
