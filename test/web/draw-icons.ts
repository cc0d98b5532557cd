/**
 * Draws the icons that phones want as PNG from `web/public/icon.svg`, into the same folder: `node test/web/draw-icons.ts`.
 * Run it again when the mark changes; the results are committed.
 */
import { readFile, writeFile } from "node:fs/promises";
import sharp from "sharp";

const FOLDER = new URL("../../web/public/", import.meta.url);

/** Colour of the field behind the mark. */
const FIELD = "#0e6e6a";

/** Share of a maskable icon's width inside which nothing is cut off by any mask (W3C manifest: a circle of 80 %). */
const SAFE_SHARE = 0.8;

const svg = await readFile(new URL("icon.svg", FOLDER));

async function draw(name: string, size: number, isFullBleed: boolean): Promise<void> {
  const markSize = isFullBleed ? Math.round(size * SAFE_SHARE) : size;
  const mark = await sharp(svg, { density: (72 * markSize) / 32 })
    .resize(markSize, markSize)
    .png()
    .toBuffer();
  const background = isFullBleed ? FIELD : "transparent";
  const png = await sharp({ create: { width: size, height: size, channels: 4, background } })
    .composite([{ input: mark }])
    .png({ compressionLevel: 9 })
    .toBuffer();
  await writeFile(new URL(name, FOLDER), png);
}

await draw("icon-192.png", 192, false);
await draw("icon-512.png", 512, false);
await draw("icon-maskable-512.png", 512, true);
await draw("apple-touch-icon.png", 180, true);
