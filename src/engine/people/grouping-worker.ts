import { parentPort, workerData } from "node:worker_threads";
import { type FacesToGroup, groupFaces } from "./group-faces.ts";

parentPort?.postMessage(groupFaces(workerData as FacesToGroup));
