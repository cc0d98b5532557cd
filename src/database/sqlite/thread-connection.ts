import { Worker } from "node:worker_threads";
import { KeepsightError } from "../../core/errors.ts";
import { toDatabaseError } from "./sqlite-error.ts";
import type { ThreadTasks } from "./thread-tasks.ts";
import type {
  Statement,
  StatementResult,
  ThreadOptions,
  ThreadReply,
  ThreadRequest,
} from "./thread-protocol.ts";

/** One SQLite connection in a thread of its own. */
export interface ThreadConnection {
  /** False once the thread has ended, for whatever reason. */
  readonly isAlive: () => boolean;
  query(statement: Statement): Promise<StatementResult>;
  /** Runs many statements in one message; their rows are dropped. It is no transaction by itself. */
  batch(statements: readonly Statement[]): Promise<StatementResult>;
  /** Runs one of {@link ThreadTasks} beside the connection. */
  run<Name extends keyof ThreadTasks>(
    task: Name,
    input: Parameters<ThreadTasks[Name]>[0],
  ): Promise<ReturnType<ThreadTasks[Name]>>;
  /** First column of all rows. */
  readIds(statement: Statement): Promise<Uint32Array>;
  close(): Promise<void>;
}

/** A request without its id. */
type Question = ThreadRequest extends infer Request
  ? Request extends ThreadRequest
    ? Omit<Request, "id">
    : never
  : never;

interface PendingReply {
  resolve(reply: ThreadReply): void;
  reject(error: KeepsightError): void;
}

/** Values as node:sqlite binds them: it knows neither booleans nor undefined. */
function toBindable(value: unknown): unknown {
  if (typeof value === "boolean") return value ? 1 : 0;
  return value === undefined ? null : value;
}

function toStatement({ sql, parameters }: Statement): Statement {
  return { sql, parameters: parameters.map(toBindable) };
}

/** Why a thread ended: SQLite could not open the file, or something that nobody foresaw. */
function toDeath(cause: unknown): KeepsightError {
  if (!(cause instanceof Error)) {
    return new KeepsightError("unavailable", "The database thread is gone (it ended); try again.", { cause });
  }
  const { message, errcode } = cause as Error & { errcode?: number };
  if (errcode !== undefined) return toDatabaseError({ message, errcode });
  return new KeepsightError("unavailable", `The database thread is gone (${message}); try again.`, { cause });
}

/**
 * Starts a thread with a connection to the file. When the thread dies, calls that wait for it, and later ones, reject with
 * `unavailable`.
 */
export function openThreadConnection(options: ThreadOptions): ThreadConnection {
  const worker = new Worker(new URL("./connection-thread.ts", import.meta.url), {
    workerData: options,
    name: options.isReadOnly ? "database-reader" : "database-writer",
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  const pending = new Map<number, PendingReply>();
  let lastId = 0;
  let death: KeepsightError | undefined;

  function die(cause?: unknown): void {
    death ??= toDeath(cause);
    for (const call of pending.values()) call.reject(death);
    pending.clear();
  }

  worker.on("error", die);
  worker.on("exit", () => die());
  worker.on("message", (reply: ThreadReply) => {
    pending.get(reply.id)?.resolve(reply);
    pending.delete(reply.id);
  });

  function ask(question: Question): Promise<ThreadReply> {
    return new Promise((resolve, reject) => {
      if (death !== undefined) return reject(death);
      lastId += 1;
      worker.postMessage({ ...question, id: lastId });
      pending.set(lastId, { resolve, reject });
    });
  }

  async function askForResult(question: Question): Promise<StatementResult> {
    const reply = await ask(question);
    if ("failure" in reply) throw toDatabaseError(reply.failure);
    return "result" in reply ? reply.result : { rows: [] };
  }

  return {
    isAlive: () => death === undefined,
    query: (statement) => askForResult({ kind: "query", statement: toStatement(statement) }),
    batch: (statements) => askForResult({ kind: "batch", statements: statements.map(toStatement) }),
    async run<Name extends keyof ThreadTasks>(task: Name, input: Parameters<ThreadTasks[Name]>[0]) {
      const reply = await ask({ kind: "task", task, input });
      if ("failure" in reply) throw toDatabaseError(reply.failure);
      return ("output" in reply ? reply.output : undefined) as ReturnType<ThreadTasks[Name]>;
    },
    async readIds(statement) {
      const reply = await ask({ kind: "ids", statement: toStatement(statement) });
      if ("failure" in reply) throw toDatabaseError(reply.failure);
      return "ids" in reply ? reply.ids : new Uint32Array();
    },
    async close() {
      if (death !== undefined) return;
      const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
      worker.postMessage({ id: 0, kind: "close" } satisfies ThreadRequest);
      await ended;
    },
  };
}
