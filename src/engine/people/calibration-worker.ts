import { parentPort, workerData } from "node:worker_threads";
import { calibrateByNames } from "../../learn/calibrate.ts";
import type { LabelledFaces } from "../../learn/train-head.ts";
import type { SimilarityCalibration } from "../../math/similarity-calibration.ts";

/** Confirmed faces, and what the recogniser's similarities mean on faces of others. */
export interface CalibrationTask {
  readonly faces: LabelledFaces;
  readonly background: SimilarityCalibration;
}

const { faces, background } = workerData as CalibrationTask;
parentPort?.postMessage(calibrateByNames(faces, background));
