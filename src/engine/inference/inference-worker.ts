import { spawn, type ChildProcess } from "node:child_process";
import { closeSync } from "node:fs";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { KeepsightError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { FileRoom, WireTensor } from "../../kserve/wire-tensor.ts";
import type { ModelSignature } from "../../onnx/describe-model.ts";
import {
  type Channel,
  headsOf,
  openSharedFile,
  readAnswer,
  readMessages,
  writeMessage,
  type FromInference,
  type ToInference,
} from "./inference-protocol.ts";

/** How much of a process's last words is kept for the log. */
const STDERR_TAIL_LENGTH = 2000;

/** Time a process gets to leave by itself before it is killed, milliseconds. */
const EXIT_GRACE_MS = 2000;

const PROGRAM = fileURLToPath(new URL("./inference-process.ts", import.meta.url));

export interface InferenceWorkerOptions {
  /** A run that takes longer ends with its process, milliseconds. */
  readonly timeoutMs: number;
  /** Resident bytes beyond which the process is replaced after its run. */
  readonly maxMemoryBytes: number;
  readonly logger: Logger;
}

export interface RunResult {
  readonly outputs: readonly WireTensor[];
  /** Time of the bare run, milliseconds. */
  readonly runMs: number;
}

/** One inference process, which does one thing at a time and is replaced when it dies, hangs or grows. */
export interface InferenceWorker {
  /** Runs the model at `path` once; outputs for which there is room in shared memory are put there and have a place. */
  run(path: string, inputs: readonly WireTensor[], rooms?: ReadonlyMap<string, FileRoom>): Promise<RunResult>;
  describe(path: string): Promise<ModelSignature>;
  /** Process id while one runs. */
  readonly pid: number | undefined;
  /** Ends the process and waits until it is gone; what runs is rejected with `cancelled`. */
  close(): Promise<void>;
}

interface Running extends Channel {
  readonly child: ChildProcess;
}

interface Answer {
  readonly message: FromInference;
  readonly payload: Buffer;
}

/**
 * An inference process, started at its first request. A crash rejects only the request it was working on
 * (`analyser_crashed`); running over `timeoutMs` kills it (`analyser_timeout`). Requests must not overlap.
 */
export function createInferenceWorker({
  timeoutMs,
  maxMemoryBytes,
  logger,
}: InferenceWorkerOptions): InferenceWorker {
  let running: Running | undefined;
  let pending: PromiseWithResolvers<Answer> | undefined;
  let isClosed = false;
  const ends = new Set<Promise<void>>();

  function start(): Running {
    const sharedFile = openSharedFile();
    const flags = sharedFile === undefined ? [] : ["--shared-file"];
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", PROGRAM, ...flags], {
      stdio: ["ignore", "ignore", "pipe", "pipe", sharedFile ?? "ignore"],
    });
    const started = { child, pipe: child.stdio[3] as Socket, sharedFile };
    let stderrTail = "";
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      stderrTail = (stderrTail + text).slice(-STDERR_TAIL_LENGTH);
    });
    readMessages<FromInference>(started, (message, payload) => onMessage(started, { message, payload }));
    // A broken pipe is the end of the process, which its exit tells.
    started.pipe.on("error", () => {});
    const end = new Promise<void>((resolve) => {
      child.once("exit", (code, signal) => {
        resolve();
        onEnd(started, signal === null ? `exit code ${code}` : `signal ${signal}`, stderrTail);
      });
      child.once("error", (error) => {
        resolve();
        onEnd(started, error.message, stderrTail);
      });
    });
    ends.add(end);
    void end.then(() => {
      ends.delete(end);
      if (sharedFile !== undefined) closeSync(sharedFile);
    });
    return started;
  }

  function onMessage(source: Running, answer: Answer): void {
    if (source !== running || pending === undefined) return;
    const settled = pending;
    pending = undefined;
    if (answer.message.residentBytes > maxMemoryBytes) retire();
    settled.resolve(answer);
  }

  function onEnd(source: Running, cause: string, stderrTail: string): void {
    if (source !== running) return;
    running = undefined;
    logger.warn({ cause, stderr: stderrTail }, "inference process died");
    settleRejected(
      new KeepsightError("analyser_crashed", `The inference process died (${cause}) during a run.`),
    );
  }

  function settleRejected(error: KeepsightError): void {
    const settled = pending;
    pending = undefined;
    settled?.reject(error);
  }

  /** Lets go of the process: it ends when its pipe closes; the next request starts a new one. */
  function retire(): void {
    const retired = running;
    running = undefined;
    if (retired === undefined) return;
    const killTimer = setTimeout(() => retired.child.kill("SIGKILL"), EXIT_GRACE_MS);
    retired.child.once("exit", () => clearTimeout(killTimer));
    retired.pipe.end();
  }

  function kill(error: KeepsightError): void {
    const killed = running;
    running = undefined;
    killed?.child.kill("SIGKILL");
    settleRejected(error);
  }

  async function request(message: ToInference, tensors: readonly WireTensor[] = []): Promise<Answer> {
    if (isClosed) throw new KeepsightError("cancelled", "The server of models is closed.");
    if (pending !== undefined) throw new Error("An inference process takes one request at a time.");
    running ??= start();
    pending = Promise.withResolvers<Answer>();
    const { promise } = pending;
    const timer = setTimeout(
      () =>
        kill(
          new KeepsightError(
            "analyser_timeout",
            `A run took longer than ${timeoutMs / 1000} s (KEEPSIGHT_ANALYSER_TIMEOUT_SECONDS) and was stopped.`,
          ),
        ),
      timeoutMs,
    );
    writeMessage(running, message, tensors);
    try {
      const answer = await promise;
      if (answer.message.kind !== "failed") return answer;
      throw new KeepsightError(answer.message.error.code, answer.message.error.message);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    async run(path, inputs, rooms) {
      const { message, payload } = await request(
        { kind: "run", path, tensors: headsOf(inputs), ...(rooms && { rooms: Object.fromEntries(rooms) }) },
        inputs,
      );
      if (message.kind !== "done") throw new Error("An inference process gave no outputs.");
      return { outputs: readAnswer(message.tensors, payload), runMs: message.runMs };
    },
    async describe(path) {
      const { message } = await request({ kind: "describe", path });
      if (message.kind !== "described") throw new Error("An inference process gave no description.");
      return message.signature;
    },
    get pid() {
      return running?.child.pid;
    },
    async close() {
      isClosed = true;
      if (pending === undefined) retire();
      else kill(new KeepsightError("cancelled", "The server of models was closed."));
      await Promise.all(ends);
    },
  };
}
