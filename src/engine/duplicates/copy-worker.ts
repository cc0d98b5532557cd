import { parentPort, workerData } from "node:worker_threads";
import { toKeepsightError } from "../../core/errors.ts";
import type { RasterImage } from "../../core/raster-image.ts";
import { CopyIndex, findPlaces, type FoundCopy, verifyPlace } from "../../duplicate/copy-index.ts";
import { extractFeatures, VIEW_SIDE } from "../../duplicate/local-features.ts";
import { findSameScene } from "../../duplicate/same-scene.ts";
import { decodeImage } from "../../image/decode.ts";
import { fromFeatureBytes } from "./feature-bytes.ts";
import type {
  ComparedCandidate,
  ComparedPicture,
  CopyAnswers,
  CopyReply,
  CopyTask,
  CopyThreadSettings,
  SameScene,
} from "./copy-thread.ts";

/** Pictures that were decoded last: the one that is looked at, and those that are compared with one after the other. */
const KEPT_IMAGES = 64;

const settings = workerData as CopyThreadSettings;
const index = new CopyIndex(settings);
const images = new Map<string, RasterImage>();

/** Undefined for pictures that are not there yet, or cannot be decoded. */
async function readImage(path: string): Promise<RasterImage | undefined> {
  const kept = images.get(path);
  if (kept !== undefined) return kept;
  try {
    const { image } = await decodeImage(path, { maxSide: VIEW_SIDE, limits: settings.limits });
    images.set(path, image);
    if (images.size > KEPT_IMAGES) images.delete(images.keys().next().value!);
    return image;
  } catch (error) {
    if (["not_found", "undecodable", "file_unreadable"].includes(toKeepsightError(error).code))
      return undefined;
    throw error;
  }
}

async function verify(
  first: ComparedPicture,
  others: readonly ComparedCandidate[],
  isThorough: boolean,
): Promise<readonly FoundCopy[]> {
  const found = new Map<number, FoundCopy>();
  for (const { candidate, features, thumbnailPath } of others) {
    if (found.has(candidate.id)) continue;
    for (const place of findPlaces(first.features, fromFeatureBytes(features), candidate, isThorough)) {
      const [own, other] = [await readImage(first.thumbnailPath), await readImage(thumbnailPath)];
      if (own === undefined || other === undefined) break;
      const copy = verifyPlace(own, other, candidate, place);
      if (copy === undefined) continue;
      found.set(copy.id, copy);
      break;
    }
  }
  return [...found.values()];
}

function findScenes(first: ComparedPicture, others: readonly ComparedCandidate[]): readonly SameScene[] {
  return others.flatMap(({ candidate, features }) => {
    const inliers = findSameScene(first.features, fromFeatureBytes(features));
    return inliers === undefined ? [] : [{ id: candidate.id, inliers }];
  });
}

async function carryOut(task: CopyTask): Promise<CopyAnswers[keyof CopyAnswers]> {
  switch (task.kind) {
    case "add":
      for (const { id, descriptors, ...traits } of task.photos) index.setDescriptors(id, traits, descriptors);
      return null;
    case "remove":
      for (const id of task.ids) index.delete(id);
      return null;
    case "describe": {
      const image = await readImage(task.thumbnailPath);
      return image === undefined ? null : extractFeatures(image);
    }
    case "candidates":
      return index.findCandidates(task.traits);
    case "verify":
      return verify(task.first, task.others, task.isThorough);
    case "scene":
      return findScenes(task.first, task.others);
  }
}

parentPort?.on("message", ({ ticket, task }: { ticket: number; task: CopyTask }) => {
  carryOut(task).then(
    (answer) => parentPort?.postMessage({ ticket, answer } satisfies CopyReply),
    (error: unknown) => parentPort?.postMessage({ ticket, error } satisfies CopyReply),
  );
});
