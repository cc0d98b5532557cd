import type { ImageFormat } from "../../core/photo-analysis.ts";
import type { Photo } from "../../database/photo-store.ts";

/** What makes one copy better than another. */
export const KEEPER_RULES = ["resolution", "metadata", "format", "size", "date"] as const;
export type KeeperRule = (typeof KEEPER_RULES)[number];

/** Formats from what a camera wrote to what was most surely made of it. */
const FORMATS: readonly ImageFormat[] = ["raw", "tiff", "heic", "jpeg", "avif", "png", "webp", "gif"];

/** How good a copy is by each rule: more is better. */
const WORTH: Readonly<Record<KeeperRule, (photo: Photo) => number>> = {
  resolution: ({ width = 0, height = 0 }) => width * height,
  /** How much of what a camera and people record is there. */
  metadata: ({ takenAtSource, cameraModel, latitude, lensModel, rating, title, description }) =>
    [cameraModel, latitude, lensModel, rating, title, description].filter((value) => value !== undefined)
      .length + (takenAtSource === "metadata" ? 1 : 0),
  format: ({ format }) => -(format === undefined ? FORMATS.length : FORMATS.indexOf(format)),
  size: ({ byteSize }) => byteSize,
  /** The older one is the original. */
  date: ({ takenAtMs }) => -takenAtMs,
};

/**
 * The copy to keep: the best by the first rule, by the next where several are equally good, and so on; the one that came
 * first where no rule tells. Expects at least one photo.
 */
export function chooseKeeper(photos: readonly Photo[], rules: readonly KeeperRule[] = KEEPER_RULES): Photo {
  return photos.toSorted((a, b) => compare(a, b, rules))[0]!;
}

function compare(a: Photo, b: Photo, rules: readonly KeeperRule[]): number {
  for (const rule of rules) {
    const difference = WORTH[rule](b) - WORTH[rule](a);
    if (difference !== 0) return difference;
  }
  return a.id - b.id;
}
