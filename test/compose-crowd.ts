import { readdirSync } from "node:fs";
import sharp from "sharp";
import type { Box } from "../src/core/geometry.ts";
import { type PhotoPixels, toPhotoPixels } from "../src/vision/photo-pixels.ts";
import { sharedPath } from "./shared-files.ts";

/** A large photo with many small real faces, and where they are. */
export interface Crowd {
  readonly photo: PhotoPixels;
  /** Pixels of the detail view. */
  readonly boxes: readonly Box[];
}

const SIZE = { width: 4000, height: 3000 };
const DETAIL_WIDTH = 1920;

/** A photo without people. */
const BACKGROUND = "photos/scenes/000000551780.jpg";
const PORTRAITS = "photos/people/ten-identities/images";

/** Where the face lies in a portrait of 250 pixels, which is centred on it, and the head with its shoulders. */
const FACE: Box = { x: 82, y: 75, width: 86, height: 108 };
const HEAD: Box = { x: 45, y: 40, width: 160, height: 200 };
const FACE_SIDE = Math.sqrt(FACE.width * FACE.height);

/** Places for faces: columns and rows. */
const COLUMNS = 8;
const ROWS = 6;

/** Portraits shrunk to faces of `faceSide` pixels (the root of their area) and put here and there on a 4000 × 3000 photo. */
export async function composeCrowd(options: {
  faceSide: number;
  count: number;
  seed: number;
}): Promise<Crowd> {
  const scale = options.faceSide / FACE_SIDE;
  const portraits = listPortraits();
  const heads: { input: Buffer; left: number; top: number }[] = [];
  const boxes: Box[] = [];
  for (let i = 0; i < options.count; i++) {
    // Steps without a common factor with the number of places visit each once.
    const place = (i * 19 + options.seed * 7) % (COLUMNS * ROWS);
    const path = portraits[(i * 37 + options.seed) % portraits.length]!;
    const left = (place % COLUMNS) * (SIZE.width / COLUMNS) + ((i * 53) % 90);
    const top = Math.floor(place / COLUMNS) * (SIZE.height / ROWS) + ((i * 31) % 90);
    heads.push({ input: await shrinkHead(path, scale), left, top });
    boxes.push(toDetail({ ...FACE, x: FACE.x - HEAD.x, y: FACE.y - HEAD.y }, scale, left, top));
  }
  const pixels = await sharp(sharedPath(BACKGROUND))
    .resize({ ...SIZE, fit: "cover" })
    .composite(heads)
    .removeAlpha()
    .png({ compressionLevel: 0 })
    .toBuffer();
  const { data, info } = await sharp(pixels)
    .resize({ width: DETAIL_WIDTH })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const image = { data, width: info.width, height: info.height };
  return { photo: await toPhotoPixels({ image, originalSize: SIZE }, 1344), boxes };
}

/** Paths below `../shared` of 100 portraits of ten people, whose folder has the person's name. */
export function listPortraits(): string[] {
  return readdirSync(sharedPath(PORTRAITS))
    .toSorted()
    .flatMap((person) => {
      const folder = `${PORTRAITS}/${person}`;
      return readdirSync(sharedPath(folder))
        .toSorted()
        .map((file) => `${folder}/${file}`);
    });
}

async function shrinkHead(path: string, scale: number): Promise<Buffer> {
  return sharp(sharedPath(path))
    .extract({ left: HEAD.x, top: HEAD.y, width: HEAD.width, height: HEAD.height })
    .resize({ width: Math.round(HEAD.width * scale), height: Math.round(HEAD.height * scale), fit: "fill" })
    .png()
    .toBuffer();
}

function toDetail({ x, y, width, height }: Box, scale: number, left: number, top: number): Box {
  const shrink = DETAIL_WIDTH / SIZE.width;
  return {
    x: (x * scale + left) * shrink,
    y: (y * scale + top) * shrink,
    width: width * scale * shrink,
    height: height * scale * shrink,
  };
}
