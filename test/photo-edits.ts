/** What people and programs do to photos before they come back as copies: the edits that duplicates are measured on. */
import sharp, { type Sharp } from "sharp";

/** Reached by PDQ within 31 bits in some orientation, by the local features, or by either. */
export type EditReach = "hash" | "features";

/** One way to make a copy of a photo. */
export interface PhotoEdit {
  readonly name: string;
  readonly reach: EditReach;
  /** The file of the copy. */
  apply(file: Buffer): Promise<Buffer>;
}

/** A step on pixels, saved as the JPEG of quality 90 that most programs write. */
function edit(
  name: string,
  reach: EditReach,
  apply: (image: Sharp, size: Size) => Sharp | Promise<Sharp>,
): PhotoEdit {
  return {
    name,
    reach,
    async apply(file) {
      const { data, info } = await sharp(file)
        .autoOrient()
        .toColourspace("srgb")
        .removeAlpha()
        .png({ compressionLevel: 0 })
        .toBuffer({ resolveWithObject: true });
      return (await apply(sharp(data), info)).jpeg({ quality: 90 }).toBuffer();
    },
  };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function saved(quality: number): PhotoEdit {
  return {
    name: `JPEG quality ${quality}`,
    reach: "hash",
    apply: (file) => sharp(file).autoOrient().jpeg({ quality }).toBuffer(),
  };
}

function resized(name: string, factor: number): PhotoEdit {
  return edit(name, "hash", (image, { width }) => image.resize(Math.round(width * factor)));
}

/** Without this share of each side, half of it at either end. */
function centreCrop(percent: number, reach: EditReach): PhotoEdit {
  return edit(`centre crop ${percent} %`, reach, (image, { width, height }) => {
    const left = Math.round((width * percent) / 200);
    const top = Math.round((height * percent) / 200);
    return image.extract({ left, top, width: width - 2 * left, height: height - 2 * top });
  });
}

function sideCrop(percent: number): PhotoEdit {
  return edit(`crop one side ${percent} %`, "features", (image, { width, height }) => {
    const left = Math.round((width * percent) / 100);
    return image.extract({ left, top: 0, width: width - left, height });
  });
}

/** Turned by a small angle and cut to the upright rectangle inside, as when a horizon is straightened. */
function turned(degrees: number, reach: EditReach): PhotoEdit {
  return edit(`turn ${degrees}°`, reach, async (image, { width, height }) => {
    const sine = Math.sin((degrees * Math.PI) / 180);
    const cosine = Math.cos((degrees * Math.PI) / 180);
    const shrinking = 1 / (cosine + (Math.max(width, height) / Math.min(width, height)) * sine);
    const inner = { width: Math.floor(width * shrinking), height: Math.floor(height * shrinking) };
    const { data, info } = await image
      .rotate(degrees)
      .png({ compressionLevel: 0 })
      .toBuffer({ resolveWithObject: true });
    const left = (info.width - inner.width) >> 1;
    const top = (info.height - inner.height) >> 1;
    return sharp(data).extract({ left, top, ...inner });
  });
}

function bordered(percent: number): PhotoEdit {
  return edit(`border ${percent} %`, "features", (image, { width, height }) => {
    const side = Math.round((Math.min(width, height) * percent) / 100);
    return image.extend({ top: side, bottom: side, left: side, right: side, background: "white" });
  });
}

async function overlay(image: Sharp, size: Size, svg: string): Promise<Sharp> {
  const page = Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}">${svg}</svg>`,
  );
  return sharp(
    await image
      .composite([{ input: page, left: 0, top: 0 }])
      .png({ compressionLevel: 0 })
      .toBuffer(),
  );
}

async function withCaption(image: Sharp, { width, height }: Size): Promise<Sharp> {
  const bar = Math.round(height * 0.15);
  const wider = sharp(
    await image.extend({ top: bar, background: "white" }).png({ compressionLevel: 0 }).toBuffer(),
  );
  const text = `<text x="50%" y="${bar * 0.7}" font-size="${bar * 0.55}" text-anchor="middle" font-family="sans-serif">WHEN MONDAY COMES</text>`;
  return overlay(wider, { width, height: height + bar }, text);
}

/** A photo as an app shows it on a telephone: fitted to the width of a tall dark screen, with bars and buttons. */
async function onPhone(image: Sharp): Promise<Sharp> {
  const screen = { width: 1080, height: 2340 };
  const shown = await image
    .resize({ ...screen, height: 1700, fit: "inside" })
    .png()
    .toBuffer({ resolveWithObject: true });
  const top = (screen.height - shown.info.height) >> 1;
  const left = (screen.width - shown.info.width) >> 1;
  const base = await sharp({ create: { ...screen, channels: 3, background: "#101014" } })
    .composite([{ input: shown.data, left, top }])
    .png()
    .toBuffer();
  const white = `fill="#eee" font-family="sans-serif"`;
  const controls =
    `<text x="60" y="80" font-size="44" ${white}>12:34</text><rect x="960" y="46" width="70" height="34" rx="8" ${white}/>` +
    `<text x="60" y="220" font-size="52" ${white}>Photos · yesterday</text>` +
    [190, 420, 650, 880].map((x) => `<circle cx="${x}" cy="2200" r="36" ${white}/>`).join("");
  return overlay(sharp(base), screen, controls);
}

async function barred(image: Sharp, size: Size): Promise<Sharp> {
  const height = Math.round(size.height * 0.06);
  const bars = [0.2, 0.5, 0.8].map(
    (at) => `<rect x="0" y="${Math.round(size.height * at)}" width="100%" height="${height}" fill="white"/>`,
  );
  return overlay(image, size, bars.join(""));
}

/** Each level replaced by the share of pixels below it, the same for all channels. */
async function equalise(image: Sharp): Promise<Sharp> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const counts = new Float64Array(256);
  for (const value of data) counts[value]!++;
  let sum = 0;
  const levels = counts.map((count) => ((sum += count) * 255) / data.length);
  return sharp(
    data.map((value) => levels[value]!),
    { raw: { width: info.width, height: info.height, channels: 3 } },
  );
}

/** The forty edits of the reference list; the last is our own. */
export const PHOTO_EDITS: readonly PhotoEdit[] = [
  saved(75),
  saved(30),
  saved(10),
  resized("resize 50 %", 0.5),
  resized("resize 25 %", 0.25),
  edit("to 128 px", "hash", (image) => image.resize({ width: 128, height: 128, fit: "inside" })),
  resized("up 2×", 2),
  edit("grey", "hash", (image) => image.grayscale().toColourspace("srgb")),
  edit("brightness ×1.2", "hash", (image) => image.linear(1.2, 0)),
  edit("brightness ×1.5", "hash", (image) => image.linear(1.5, 0)),
  edit("brightness ×0.6", "hash", (image) => image.linear(0.6, 0)),
  edit("contrast ×1.5", "hash", (image) => image.linear(1.5, -64)),
  edit("saturation ×2", "hash", (image) => image.modulate({ saturation: 2 })),
  edit("autocontrast", "hash", (image) => image.normalise()),
  edit("equalise", "hash", equalise),
  edit("blur 2", "hash", (image) => image.blur(2)),
  edit("blur 5", "hash", (image) => image.blur(5)),
  edit("sharpen", "hash", (image) => image.sharpen({ sigma: 2 })),
  edit("warm tint", "hash", (image) => image.linear([1.15, 1, 0.8], [0, 0, 0])),
  centreCrop(1, "hash"),
  centreCrop(2, "hash"),
  centreCrop(5, "features"),
  centreCrop(10, "features"),
  centreCrop(20, "features"),
  sideCrop(5),
  sideCrop(10),
  edit("square crop", "features", (image, { width, height }) => {
    const side = Math.min(width, height);
    return image.extract({ left: (width - side) >> 1, top: (height - side) >> 1, width: side, height: side });
  }),
  turned(1, "hash"),
  turned(2, "features"),
  turned(5, "features"),
  edit("turn 90°", "hash", (image) => image.rotate(90)),
  edit("turn 180°", "hash", (image) => image.rotate(180)),
  edit("mirror", "hash", (image) => image.flop()),
  edit("flip", "hash", (image) => image.flip()),
  bordered(2),
  bordered(5),
  edit("caption bar 15 %", "features", withCaption),
  edit("phone screenshot", "features", onPhone),
  edit("three white bars", "features", barred),
  edit("inversion", "features", (image) => image.negate()),
  edit("crop 10 %, mirrored, grey", "features", (image, { width, height }) =>
    image
      .extract({
        left: Math.round(width * 0.05),
        top: Math.round(height * 0.05),
        width: Math.round(width * 0.9),
        height: Math.round(height * 0.9),
      })
      .flop()
      .grayscale()
      .toColourspace("srgb"),
  ),
];
