import type { Step } from "../../core/photo-analysis.ts";
import type { PhotoStatus } from "../../core/photo-status.ts";

/** What a user sees while a step runs. */
const STATUS_OF_STEP: Readonly<Record<Step, PhotoStatus>> = {
  preprocessing: "preprocessing",
  objects: "processing_objects",
  embeddings: "processing_embeddings",
  tags: "processing_embeddings",
  ocr: "processing_ocr",
  faces: "processing_faces",
  hash: "processing_hash",
  duplicates: "checking_duplicates",
};

/**
 * What the analysers are doing at this moment. It lives in memory only: after a crash nothing is running, and the table
 * still says what it said before, so that no photo stays "processing" for ever and no write is spent on it.
 */
export interface LiveStatus {
  set(photoId: number, step: Step): void;
  clear(photoId: number): void;
  /** Undefined when nothing is running on the photo. */
  get(photoId: number): PhotoStatus | undefined;
}

/** An empty board of running steps. */
export function createLiveStatus(): LiveStatus {
  const running = new Map<number, PhotoStatus>();
  return {
    set: (photoId, step) => void running.set(photoId, STATUS_OF_STEP[step]),
    clear: (photoId) => void running.delete(photoId),
    get: (photoId) => running.get(photoId),
  };
}
