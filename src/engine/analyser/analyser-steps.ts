import { STEPS } from "../../core/photo-analysis.ts";

/** The steps that an analyser process runs on one decode of a photo; duplicates are looked for among all photos. */
export const ANALYSER_STEPS = STEPS.filter((step) => step !== "duplicates");

/** What makes the results of the steps that need no model; raising a number makes all photos run that step again. */
export const ALGORITHM_IDS = { preprocessing: "preview-1", hash: "imohash+pdq-1" } as const;
