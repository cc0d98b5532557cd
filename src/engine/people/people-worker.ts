import { parentPort } from "node:worker_threads";
import { matchPersons } from "../../cluster/match-persons.ts";
import { computePrototypes } from "./compute-prototypes.ts";
import type { PeopleReply, PeopleTask } from "./people-thread.ts";

function carryOut(task: PeopleTask): PeopleReply["result"] {
  return task.kind === "match"
    ? matchPersons(task.faces, task.prototypes, task.minScore)
    : computePrototypes(task.faces);
}

parentPort?.on("message", ({ ticket, task }: { ticket: number; task: PeopleTask }) => {
  parentPort?.postMessage({ ticket, result: carryOut(task) } satisfies PeopleReply);
});
