import { parentPort } from "node:worker_threads";
import { foldText } from "../../database/fold-text.ts";
import { type Gazetteer, loadGazetteer } from "../../geo/gazetteer.ts";
import type { PlaceReply, PlaceTask } from "./place-thread.ts";

const gazetteer: Gazetteer = loadGazetteer(foldText);

function carryOut(task: PlaceTask): PlaceReply["result"] {
  return task.kind === "find"
    ? gazetteer.find(task.name, task.countryCode)
    : task.points.map(({ latitude, longitude }) => gazetteer.locate(latitude, longitude));
}

parentPort?.on("message", ({ ticket, task }: { ticket: number; task: PlaceTask }) => {
  parentPort?.postMessage({ ticket, result: carryOut(task) } satisfies PlaceReply);
});
