import { sep } from "node:path";
import { KEEPER_RULES, type KeeperRule, type KeeperRules } from "../../core/duplicates.ts";
import type { Photo } from "../../database/photo-store.ts";
import { fileFactsOf } from "./file-facts.ts";

/** Formats from what a camera wrote to what was most surely made of it. */
export const DEFAULT_KEEPER_RULES: KeeperRules = {
  order: KEEPER_RULES,
  formats: ["raw", "tiff", "heic", "jpeg", "avif", "png", "webp", "gif"],
  folders: [],
  preferOldest: true,
};

/** How good a copy is by each rule: more is better. */
const WORTH: Readonly<Record<KeeperRule, (photo: Photo, rules: KeeperRules) => number>> = {
  folder: ({ path }, { folders }) =>
    -rank(
      folders.findIndex((folder) => isBelow(path, folder)),
      folders,
    ),
  resolution: ({ width = 0, height = 0 }) => width * height,
  /** How much is there of what no other copy can be given. */
  origin: (photo) => fileFactsOf(photo).length,
  /** How much of what a camera and people record is there. */
  metadata: ({ takenAtSource, cameraModel, latitude, lensModel, rating, title, description }) =>
    [cameraModel, latitude, lensModel, rating, title, description].filter((value) => value !== undefined)
      .length + (takenAtSource === "metadata" ? 1 : 0),
  format: ({ format }, { formats }) => -rank(format === undefined ? -1 : formats.indexOf(format), formats),
  size: ({ byteSize }) => byteSize,
  date: ({ takenAtMs }, { preferOldest }) => (preferOldest ? -takenAtMs : takenAtMs),
};

/** The place in a list of preferences; what is not in it comes last. */
function rank(index: number, list: readonly unknown[]): number {
  return index < 0 ? list.length : index;
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/**
 * The copy to keep: the best by the first rule, by the next where several are equally good, and so on; the one that came
 * first where no rule tells. Expects at least one photo.
 */
export function chooseKeeper(photos: readonly Photo[], rules: KeeperRules = DEFAULT_KEEPER_RULES): Photo {
  return photos.toSorted((a, b) => compare(a, b, rules))[0]!;
}

function compare(a: Photo, b: Photo, rules: KeeperRules): number {
  for (const rule of rules.order) {
    const difference = WORTH[rule](b, rules) - WORTH[rule](a, rules);
    if (difference !== 0) return difference;
  }
  return a.id - b.id;
}
