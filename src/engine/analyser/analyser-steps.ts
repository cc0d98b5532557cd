import type { Step } from "../../core/photo-analysis.ts";

/** The steps that an analyser process runs on one decode of a photo. */
export const ANALYSER_STEPS = [
  "preprocessing",
  "objects",
  "embeddings",
  "ocr",
  "faces",
  "hash",
] as const satisfies readonly Step[];

/** What makes the results of the steps that need no model; raising a number makes all photos run that step again. */
export const ALGORITHM_IDS = { preprocessing: "preview-1", hash: "imohash+pdq-1" } as const;
