/**
 * A worker thread that owns one SQLite connection and runs statements in the order in which they arrive. Integers come
 * back as numbers (one beyond 2^53 is an error), blobs as Uint8Array, JSON as the text it is stored as.
 *
 * A running statement cannot be stopped: node:sqlite offers no interrupt. Callers keep each one small by limits and pages.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { KeepsightError } from "../../core/errors.ts";
import { createChangeLog, createChangeLogMemory } from "./change-log.ts";
import { hexDistance } from "./hex-distance.ts";
import type {
  Statement,
  StatementResult,
  ThreadFailure,
  ThreadOptions,
  ThreadReply,
  ThreadRequest,
} from "./thread-protocol.ts";
import type { ThreadTasks } from "./thread-tasks.ts";
import { watchChanges } from "./watch-changes.ts";

/** How long a statement waits for another process's lock (a backup, an sqlite3 shell) before it fails. */
const BUSY_TIMEOUT_MS = 10_000;
/** Page cache per connection, KiB. */
const CACHE_KIB = 16 * 1024;
/** How much of the file is read through the memory map, bytes. */
const MMAP_BYTES = 256 * 1024 * 1024;
/** The write-ahead log is cut back to this after a checkpoint, bytes. */
const JOURNAL_LIMIT_BYTES = 64 * 1024 * 1024;
/** Prepared statements kept per connection; the least recently used goes first. */
const STATEMENT_CACHE_SIZE = 256;

function openConnection({ file, isReadOnly }: ThreadOptions): DatabaseSync {
  const connection = new DatabaseSync(file, { readOnly: isReadOnly, timeout: BUSY_TIMEOUT_MS });
  if (!isReadOnly) {
    connection.exec("pragma journal_mode = wal");
    connection.exec("pragma synchronous = full");
    connection.exec(`pragma journal_size_limit = ${JOURNAL_LIMIT_BYTES}`);
  }
  connection.exec(`pragma cache_size = -${CACHE_KIB}`);
  connection.exec(`pragma mmap_size = ${MMAP_BYTES}`);
  connection.exec("pragma temp_store = memory");
  connection.function("hex_distance", { deterministic: true }, hexDistance);
  return connection;
}

const options = workerData as ThreadOptions;
const connection = openConnection(options);
const statements = new Map<string, StatementSync>();
const log = createChangeLog(options.log ?? createChangeLogMemory());
let isWatching = false;

function prepare(sql: string): StatementSync {
  const known = statements.get(sql);
  const statement = known ?? connection.prepare(sql);
  statements.delete(sql);
  statements.set(sql, statement);
  if (statements.size > STATEMENT_CACHE_SIZE) {
    const [oldest] = statements.keys();
    if (oldest !== undefined) statements.delete(oldest);
  }
  return statement;
}

function runQuery({ sql, parameters }: Statement): StatementResult {
  const statement = prepare(sql);
  const values = parameters as SQLInputValue[];
  if (statement.columns().length > 0) return { rows: statement.all(...values) };
  const { changes, lastInsertRowid } = statement.run(...values);
  return { rows: [], changes: Number(changes), insertId: Number(lastInsertRowid) };
}

function runBatch(batch: readonly Statement[]): StatementResult {
  let changes = 0;
  for (const { sql, parameters } of batch) {
    changes += Number(prepare(sql).run(...(parameters as SQLInputValue[])).changes);
  }
  return { rows: [], changes };
}

function readIds({ sql, parameters }: Statement): Uint32Array {
  const statement = connection.prepare(sql);
  statement.setReturnArrays(true);
  let ids = new Uint32Array(1024);
  let count = 0;
  for (const row of statement.iterate(...(parameters as SQLInputValue[]))) {
    if (count === ids.length) {
      const larger = new Uint32Array(ids.length * 2);
      larger.set(ids);
      ids = larger;
    }
    ids[count] = (row as unknown as [number])[0];
    count += 1;
  }
  return ids.slice(0, count);
}

/** What tasks need is loaded with the first one: writers never see any. */
let tasks: ThreadTasks | undefined;

async function runTask(task: string, input: unknown): Promise<unknown> {
  tasks ??= (await import("./thread-tasks.ts")).createThreadTasks({ connection, prepare, log });
  return tasks[task as keyof ThreadTasks](input as never);
}

function toFailure(error: unknown): ThreadFailure {
  const { message, errcode } = error as Error & { errcode?: number };
  if (error instanceof KeepsightError) return { message, code: error.code };
  return errcode === undefined ? { message } : { message, errcode };
}

/** Begins to tell what is written once somebody wants to know; what a transaction wrote before would stay untold. */
function watchIfWanted(): void {
  if (options.isReadOnly || isWatching || !log.isWanted() || connection.isTransaction) return;
  watchChanges(connection, log);
  isWatching = true;
}

function tellChanges(): void {
  if (isWatching && !connection.isTransaction) log.publish();
}

async function answer(request: Exclude<ThreadRequest, { kind: "close" }>): Promise<ThreadReply> {
  const { id } = request;
  try {
    watchIfWanted();
    if (request.kind === "task") return { id, output: await runTask(request.task, request.input) };
    if (request.kind === "ids") return { id, ids: readIds(request.statement) };
    if (request.kind === "batch") return { id, result: runBatch(request.statements) };
    return { id, result: runQuery(request.statement) };
  } catch (error) {
    return { id, failure: toFailure(error) };
  } finally {
    tellChanges();
  }
}

/** Parts of a reply that are handed over instead of copied. */
function listTransfers(reply: ThreadReply): ArrayBuffer[] {
  if ("ids" in reply) return [reply.ids.buffer as ArrayBuffer];
  if (!("output" in reply) || typeof reply.output !== "object" || reply.output === null) return [];
  return Object.values(reply.output).flatMap((part) =>
    ArrayBuffer.isView(part) && part.buffer instanceof ArrayBuffer ? [part.buffer] : [],
  );
}

function closeConnection(): void {
  statements.clear();
  if (!options.isReadOnly) connection.exec("pragma optimize");
  connection.close();
}

parentPort?.on("message", (request: ThreadRequest) => {
  if (request.kind === "close") {
    closeConnection();
    parentPort?.close();
    return;
  }
  void answer(request).then((reply) => parentPort?.postMessage(reply, listTransfers(reply)));
});
