import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { KeepsightError } from "../../core/errors.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { crop } from "../../image/crop.ts";
import { decodeImage } from "../../image/decode.ts";
import { resize } from "../../image/resize.ts";
import { listDerivatives } from "../../library/derivatives.ts";
import { hasPhotoExtension } from "../../library/photo-extensions.ts";
import { createRandom } from "../../math/random.ts";

/** Photos that two models are compared on: more cost time and tell no more. */
const MAX_IMAGES = 100;

/** With fewer, quarters of the photos are added: neighbours among a handful mean nothing. */
const MIN_IMAGES = 48;

/** Longer side, pixels: all that the input of a text-image model needs. */
const MAX_SIDE = 512;

/** Cells of a made-up picture: coarse, as the large shapes of photos are. */
const CELLS = { width: 8, height: 6 };
const MADE_UP_SIZE = { width: 384, height: 288 };

/** Pictures to compare models on, and in words where they come from. */
export interface SampleImages {
  readonly images: readonly RasterImage[];
  readonly origin: string;
}

/**
 * Photos from the files and folders named, evenly chosen; without any named, previews of the library in `dataDirectory`;
 * where that has none, made-up pictures. Throws `not_found` when what is named holds no photo that can be read.
 */
export async function sampleImages(paths: readonly string[], dataDirectory: string): Promise<SampleImages> {
  if (paths.length > 0) {
    const found = (await Promise.all(paths.map(listPhotos))).flat();
    const photos = await decodeSome(found);
    if (photos.length === 0)
      throw new KeepsightError("not_found", `There is no photo that can be read in ${paths.join(", ")}.`);
    return { images: withQuarters(photos), origin: `${photos.length} photos from ${paths.join(", ")}` };
  }
  const previews = await decodeSome(await listPreviews(dataDirectory));
  if (previews.length > 0)
    return { images: withQuarters(previews), origin: `${previews.length} photos of the library` };
  return {
    images: Array.from({ length: MIN_IMAGES }, (_, i) => makeUpImage(i + 1)),
    origin: "made-up pictures, as there are no photos yet",
  };
}

/** The file itself, or all photos below the folder. */
async function listPhotos(path: string): Promise<string[]> {
  const stats = await stat(path).catch(() => undefined);
  if (stats === undefined) throw new KeepsightError("not_found", `${path} does not exist.`);
  if (!stats.isDirectory()) return [path];
  const names = await readdir(path, { recursive: true });
  return names
    .filter(hasPhotoExtension)
    .toSorted()
    .map((name) => join(path, name));
}

async function listPreviews(dataDirectory: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { kind, path } of listDerivatives(dataDirectory)) if (kind === "preview") paths.push(path);
  return paths;
}

/** Up to {@link MAX_IMAGES} of the photos, evenly chosen; those that cannot be read are left out. */
async function decodeSome(paths: readonly string[]): Promise<RasterImage[]> {
  const count = Math.min(paths.length, MAX_IMAGES);
  const images: RasterImage[] = [];
  for (let i = 0; i < count; i++) {
    const path = paths[Math.floor((i * paths.length) / count)]!;
    const decoded = await decodeImage(path, { maxSide: MAX_SIDE }).catch(() => undefined);
    if (decoded !== undefined) images.push(decoded.image);
  }
  return images;
}

function withQuarters(photos: readonly RasterImage[]): RasterImage[] {
  if (photos.length >= MIN_IMAGES) return [...photos];
  return [...photos, ...photos.flatMap(quartersOf)];
}

function quartersOf(image: RasterImage): RasterImage[] {
  const [width, height] = [image.width / 2, image.height / 2];
  return [0, 1, 2, 3].map((i) =>
    crop(image, { x: (i % 2) * width, y: Math.floor(i / 2) * height, width, height }),
  );
}

/** Soft colours, the same for the same number. */
function makeUpImage(seed: number): RasterImage {
  const random = createRandom(seed);
  const data = Uint8Array.from({ length: CELLS.width * CELLS.height * 3 }, () => random() * 256);
  return resize({ ...CELLS, data }, MADE_UP_SIZE, "bicubic");
}
