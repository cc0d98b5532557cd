import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { decodeCheckpoint, encodeCheckpoint } from "../../learn/checkpoint.ts";
import { trainAndJudge } from "../../learn/judge-head.ts";
import type { LabelledFaces, TrainingOptions, TrainingState } from "../../learn/train-head.ts";

/** What the thread gets; see train-in-thread.ts. */
export interface TrainingTask {
  readonly faces: LabelledFaces;
  readonly options: TrainingOptions;
  readonly minFaces: number;
  /** Where the state after each epoch is kept; a training of the same key goes on from there. */
  readonly checkpointPath: string;
}

/** What the thread tells: each epoch done, and the end. */
export type TrainingMessage =
  | { readonly kind: "epoch"; readonly epochs: number }
  | {
      readonly kind: "done";
      readonly judged: Omit<ReturnType<typeof trainAndJudge>, "state">;
      readonly losses: readonly number[];
    };

function readState(path: string, epochs: number): TrainingState | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const state = decodeCheckpoint(readFileSync(path));
    return state.losses.length <= epochs ? state : undefined;
  } catch {
    // What a crash of the machine left of it is no reason to fail: the training begins anew.
    return undefined;
  }
}

function keep({ checkpointPath: path }: TrainingTask, state: TrainingState): void {
  writeFileSync(`${path}.part`, encodeCheckpoint(state));
  renameSync(`${path}.part`, path);
}

function run(task: TrainingTask): void {
  const tell = (message: TrainingMessage) => parentPort?.postMessage(message);
  const { faces, options, minFaces } = task;
  const { state, ...judged } = trainAndJudge(faces, options, {
    minFaces,
    resumeFrom: readState(task.checkpointPath, options.epochs),
    onEpoch(reached) {
      keep(task, reached);
      tell({ kind: "epoch", epochs: reached.losses.length });
    },
  });
  tell({ kind: "done", judged, losses: state?.losses ?? [] });
}

run(workerData as TrainingTask);
