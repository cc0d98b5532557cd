import { parentPort, workerData } from "node:worker_threads";
import { assignPoints, type AssignmentTask, trainCentroids, type TrainingSample } from "./train-centroids.ts";

const asked = workerData as TrainingSample | AssignmentTask;
parentPort?.postMessage(asked.task === "train" ? trainCentroids(asked) : assignPoints(asked));
