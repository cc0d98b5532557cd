import { join } from "node:path";
import { CamelCasePlugin, type Compilable, Kysely, sql } from "kysely";
import { KeepsightError } from "../core/errors.ts";
import { type ChangeCount, createChangeCount } from "./change-count.ts";
import { checkSchema, migrate } from "./migrate.ts";
import type { Schema } from "./schema.ts";
import { type ConnectionPool, createConnectionPool } from "./sqlite/connection-pool.ts";
import { createChangeLog, createChangeLogMemory } from "./sqlite/change-log.ts";
import { createThreadDialect } from "./sqlite/dialect.ts";
import { sqliteSchemaSeam } from "./sqlite/schema-seam.ts";
import type { ThreadConnection } from "./sqlite/thread-connection.ts";
import type { ThreadTasks } from "./sqlite/thread-tasks.ts";

/** Name of the database file in the data directory. */
export const DATABASE_FILE = "library.db";

/** Readers answer side by side, so that one slow query does not hold up the rest; each costs a thread and its cache. */
const DEFAULT_READERS = 2;

/** An open library database. All SQL runs in threads of its own; nothing blocks the caller's event loop. */
export interface Database {
  /** Read-only; sees what was committed when a query (or transaction) begins. */
  readonly reads: Kysely<Schema>;
  /**
   * The one writer: statements and transactions run one after the other in the order of asking. Inside a transaction use
   * the transaction only; waiting for `writes` there would wait for ever.
   */
  readonly writes: Kysely<Schema>;
  /** Counts what was written through `writes`, each time once it is committed. */
  readonly changes: ChangeCount;
  /** First column of all rows, non-negative integers below 2^32, without the cost of row objects. */
  readIds(query: Compilable): Promise<Uint32Array>;
  /** Runs a piece of work of several statements in the thread of a reader; see {@link ThreadTasks}. */
  runTask<Name extends keyof ThreadTasks>(
    task: Name,
    input: Parameters<ThreadTasks[Name]>[0],
  ): Promise<ReturnType<ThreadTasks[Name]>>;
  /** Finds out whether the file is sound, in time proportional to its size. `internal` with the first problem if not. */
  checkIntegrity(): Promise<void>;
  /** Waits for running statements and ends the threads. */
  close(): Promise<void>;
}

/** Opens the library database in the directory, creating it or bringing its schema up to date first. */
export async function openDatabase(options: {
  readonly directory: string;
  /** Number of reader threads. */
  readonly readers?: number;
  /** Nothing is changed, the schema included; for looking at a library that another process has open. */
  readonly isReadOnly?: boolean;
}): Promise<Database> {
  const file = join(options.directory, DATABASE_FILE);
  const isReadOnly = options.isReadOnly ?? false;
  const log = createChangeLogMemory();
  const writerPool = createConnectionPool({ file, isReadOnly, log }, 1);
  const changes = createChangeCount();
  const writes = new Kysely<Schema>({
    dialect: createThreadDialect(writerPool, { immediate: true, onChange: changes.note }),
    plugins: [new CamelCasePlugin()],
  });
  try {
    if (isReadOnly) await checkSchema(writes as Kysely<unknown>);
    else await migrate(writes as Kysely<unknown>, sqliteSchemaSeam);
  } catch (error) {
    await writerPool.close();
    throw error;
  }
  const readerPool = createConnectionPool({ file, isReadOnly: true }, options.readers ?? DEFAULT_READERS);
  const reads = new Kysely<Schema>({
    dialect: createThreadDialect(readerPool, { immediate: false }),
    plugins: [new CamelCasePlugin()],
  });

  /** One thread that remembers, since what it remembers takes memory; it starts with the first question. */
  let remembering: ConnectionPool | undefined;
  function beginRemembering(): ConnectionPool {
    createChangeLog(log).want();
    // The writer begins to tell of changes with its next statement.
    if (!isReadOnly) void sql`select 1`.execute(writes).catch(() => {});
    return createConnectionPool({ file, isReadOnly: true, log }, 1);
  }

  async function onReader<T>(use: (connection: ThreadConnection) => Promise<T>, pool = readerPool) {
    const connection = await pool.acquire();
    try {
      return await use(connection);
    } finally {
      pool.release(connection);
    }
  }

  return {
    reads,
    writes,
    changes,
    readIds: (query) => onReader((connection) => connection.readIds(query.compile())),
    runTask: (task, input) =>
      onReader(
        (connection) => connection.run(task, input),
        task === "findPassing" ? (remembering ??= beginRemembering()) : readerPool,
      ),
    async checkIntegrity() {
      const { rows } = await onReader((connection) =>
        connection.query({ sql: "pragma quick_check(1)", parameters: [] }),
      );
      const finding = String(rows[0]?.["quick_check"]);
      if (finding === "ok") return;
      throw new KeepsightError(
        "internal",
        `The database ${file} is damaged (${finding}): restore it from a backup.`,
      );
    },
    async close() {
      await readerPool.close();
      await remembering?.close();
      await writerPool.close();
    },
  };
}
