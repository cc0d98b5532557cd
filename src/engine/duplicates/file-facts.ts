import { FILE_FACTS, type FileFact } from "../../core/duplicates.ts";
import type { Photo } from "../../database/photo-store.ts";

const IS_KNOWN: Readonly<Record<FileFact, (photo: Photo) => boolean>> = {
  date: ({ takenAtSource }) => takenAtSource === "metadata",
  place: ({ latitude }) => latitude !== undefined,
  camera: ({ cameraModel }) => cameraModel !== undefined,
};

/** What the file of a photo says that no human and no model can. */
export function fileFactsOf(photo: Photo): readonly FileFact[] {
  return FILE_FACTS.filter((fact) => IS_KNOWN[fact](photo));
}

/** What files of the losers say and the file of the keeper does not. */
export function findLostFacts(keeper: Photo, losers: readonly Photo[]): readonly FileFact[] {
  return FILE_FACTS.filter((fact) => !IS_KNOWN[fact](keeper) && losers.some(IS_KNOWN[fact]));
}
