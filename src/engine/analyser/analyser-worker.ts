import { fork, type ChildProcess } from "node:child_process";
import { KeepsightError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { Step } from "../../core/photo-analysis.ts";
import type { VisionModels } from "../../vision/choose-models.ts";
import type {
  AnalyseRequest,
  AnalyserRequest,
  AnalyserResult,
  AnalyserSettings,
  DescribedFace,
  DescribeFaceRequest,
  EncodeImageRequest,
  EncodeTextRequest,
  FileAnalysis,
  FileMetadata,
  FromAnalyser,
  ReadMetadataRequest,
  TextEmbedding,
  ToAnalyser,
} from "./analyser-protocol.ts";

/** How much of a process's last words is kept for the log. */
const STDERR_TAIL_LENGTH = 2000;

/** Room for young objects, MB: an analyser makes few, and the usual 16 would stay in its memory (10 to 20 of 450 MB). */
const SEMI_SPACE_MB = 4;

/** Time an idle process gets to leave by itself before it is killed, milliseconds. */
const EXIT_GRACE_MS = 2000;

export interface AnalyserWorkerOptions {
  /** Module that the process runs. */
  readonly entry: URL;
  readonly settings: AnalyserSettings;
  /** A request that takes longer ends with its process, milliseconds. */
  readonly timeoutMs: number;
  /** Resident bytes beyond which the process is replaced after its request. */
  readonly maxMemoryBytes: number;
  /** A process without work for this long is ended, milliseconds; absent: it stays. */
  readonly idleMs?: number;
  readonly logger: Logger;
}

export interface RequestOptions {
  /** Called as each step begins. */
  readonly onStep?: ((step: Step) => void) | undefined;
  /** Aborting kills the process: native code cannot be interrupted otherwise. */
  readonly signal?: AbortSignal | undefined;
}

/** One child process that works on one request at a time and is replaced when it dies, hangs or grows. */
export interface AnalyserWorker {
  request(request: AnalyseRequest, options?: RequestOptions): Promise<FileAnalysis>;
  request(request: ReadMetadataRequest, options?: RequestOptions): Promise<FileMetadata>;
  request(request: EncodeTextRequest | EncodeImageRequest, options?: RequestOptions): Promise<TextEmbedding>;
  request(request: DescribeFaceRequest, options?: RequestOptions): Promise<DescribedFace>;
  /** From the next request on a fresh process works with these models. */
  useModels(models: VisionModels): void;
  /** Process id while one runs. */
  readonly pid: number | undefined;
  /** Resident bytes of the process after its last request; 0 before any. */
  readonly residentBytes: number;
  /** Ends the process and waits until it is gone; a running request is rejected with `cancelled`. */
  close(): Promise<void>;
}

interface Pending {
  readonly id: number;
  readonly subject: string;
  readonly onStep: ((step: Step) => void) | undefined;
  readonly resolve: (result: AnalyserResult) => void;
  readonly reject: (error: KeepsightError) => void;
}

/**
 * An analyser process, started at its first request. A crash rejects only the request it was working on
 * (`analyser_crashed`); running over `timeoutMs` kills it (`analyser_timeout`). Requests must not overlap.
 */
export function createAnalyserWorker(options: AnalyserWorkerOptions): AnalyserWorker {
  let child: ChildProcess | undefined;
  let pending: Pending | undefined;
  let nextId = 1;
  let idleTimer: NodeJS.Timeout | undefined;
  let isClosed = false;
  let isOutdated = false;
  let residentBytes = 0;
  let { settings } = options;
  /** Ends of the processes that still live, of replaced ones too. */
  const ends = new Set<Promise<void>>();

  function start(): ChildProcess {
    isOutdated = false;
    const started = fork(options.entry, [], {
      serialization: "advanced",
      execArgv: ["--disable-warning=ExperimentalWarning", `--max-semi-space-size=${SEMI_SPACE_MB}`],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let stderrTail = "";
    started.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderrTail = (stderrTail + text).slice(-STDERR_TAIL_LENGTH);
    });
    started.on("message", (message) => onMessage(started, message as FromAnalyser));
    const end = new Promise<void>((resolve) => {
      started.once("exit", (code, signal) => {
        resolve();
        onEnd(started, signal === null ? `exit code ${code}` : `signal ${signal}`, stderrTail);
      });
      started.on("error", (error) => {
        options.logger.warn({ err: error }, "analyser process could not be reached");
        if (started.pid !== undefined) return;
        resolve();
        onEnd(started, error.message, stderrTail);
      });
    });
    ends.add(end);
    void end.then(() => ends.delete(end));
    send(started, { kind: "start", settings });
    return started;
  }

  function send(target: ChildProcess, message: ToAnalyser): void {
    // A process that died a moment ago reports through its exit event, so a failed send needs no handling of its own.
    target.send(message, () => {});
  }

  function onMessage(source: ChildProcess, message: FromAnalyser): void {
    if (message.kind === "remark") return options.logger.warn(message.text);
    if (source !== child || pending?.id !== message.id) return;
    if (message.kind === "step") return pending.onStep?.(message.step);
    const settled = pending;
    pending = undefined;
    ({ residentBytes } = message);
    if (isOutdated || message.residentBytes > options.maxMemoryBytes) retire();
    if (message.kind === "done") settled.resolve(message.result);
    else settled.reject(new KeepsightError(message.error.code, message.error.message));
  }

  function onEnd(source: ChildProcess, cause: string, stderrTail: string): void {
    if (source !== child) return;
    child = undefined;
    if (pending === undefined) return;
    options.logger.warn({ cause, stderr: stderrTail, subject: pending.subject }, "analyser process died");
    settleRejected(
      new KeepsightError(
        "analyser_crashed",
        `The analyser process died (${cause}) while working on ${pending.subject}.`,
      ),
    );
  }

  function settleRejected(error: KeepsightError): void {
    const settled = pending;
    pending = undefined;
    settled?.reject(error);
  }

  /** Lets go of the process: it ends when its channel closes; the next request starts a new one. */
  function retire(): void {
    const retired = child;
    child = undefined;
    if (retired === undefined) return;
    const killTimer = setTimeout(() => retired.kill("SIGKILL"), EXIT_GRACE_MS);
    retired.once("exit", () => clearTimeout(killTimer));
    if (retired.connected) retired.disconnect();
  }

  function kill(error: KeepsightError): void {
    const killed = child;
    child = undefined;
    killed?.kill("SIGKILL");
    settleRejected(error);
  }

  async function request(message: AnalyserRequest, { onStep, signal }: RequestOptions = {}) {
    const subject = message.type === "encode-text" ? "a text query" : message.path;
    const cancelled = () => new KeepsightError("cancelled", `Work on ${subject} was cancelled.`);
    if (isClosed) throw new KeepsightError("cancelled", "The analyser is closed.");
    if (signal?.aborted === true) throw cancelled();
    if (pending !== undefined) throw new Error("An analyser process takes one request at a time.");
    clearTimeout(idleTimer);
    child ??= start();
    const id = nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<AnalyserResult>();
    pending = { id, subject, onStep, resolve, reject };
    const timer = setTimeout(() => kill(timeoutError(subject, options.timeoutMs)), options.timeoutMs);
    const onAbort = () => kill(cancelled());
    signal?.addEventListener("abort", onAbort, { once: true });
    send(child, { kind: "request", id, request: message });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      if (options.idleMs !== undefined) idleTimer = setTimeout(retire, options.idleMs).unref();
    }
  }

  function useModels(models: VisionModels): void {
    settings = { ...settings, models };
    if (pending === undefined) retire();
    else isOutdated = true;
  }

  async function close(): Promise<void> {
    isClosed = true;
    clearTimeout(idleTimer);
    if (pending !== undefined) kill(new KeepsightError("cancelled", "The analyser was closed."));
    else retire();
    await Promise.all(ends);
  }

  return {
    request: request as AnalyserWorker["request"],
    useModels,
    get pid() {
      return child?.pid;
    },
    get residentBytes() {
      return residentBytes;
    },
    close,
  };
}

function timeoutError(subject: string, timeoutMs: number): KeepsightError {
  const seconds = Math.round(timeoutMs / 100) / 10;
  return new KeepsightError(
    "analyser_timeout",
    `Work on ${subject} took longer than ${seconds} s (KEEPSIGHT_ANALYSER_TIMEOUT_SECONDS) and was stopped.`,
  );
}
