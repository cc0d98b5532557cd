import {
  type AbortableOperationOptions,
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { isChange } from "../change-count.ts";
import type { ConnectionPool } from "./connection-pool.ts";
import type { ThreadConnection } from "./thread-connection.ts";
import type { Statement } from "./thread-protocol.ts";

/** Stands in for SQL in a query whose parameters are statements to run together. */
const BATCH_SQL = "-- batch";

/** Kysely's view of one thread while a caller holds it. */
interface PooledConnection extends DatabaseConnection {
  readonly thread: ThreadConnection;
  /** What the transaction under way has changed so far is seen by nobody else. */
  isInTransaction: boolean;
  hasChanged: boolean;
}

async function executeOn(thread: ThreadConnection, query: CompiledQuery): Promise<QueryResult<unknown>> {
  if (query.sql === BATCH_SQL) {
    await thread.batch(query.parameters as readonly Statement[]);
    return { rows: [] };
  }
  const { rows, changes, insertId } = await thread.query(query);
  return {
    rows: rows as unknown[],
    numAffectedRows: BigInt(changes ?? rows.length),
    ...(insertId === undefined ? {} : { insertId: BigInt(insertId) }),
  };
}

function createPooledConnection(thread: ThreadConnection, onChange: () => void): PooledConnection {
  const connection: PooledConnection = {
    thread,
    isInTransaction: false,
    hasChanged: false,
    executeQuery: (query) => execute(query) as Promise<QueryResult<never>>,
    async *streamQuery<R>(query: CompiledQuery) {
      yield (await execute(query)) as QueryResult<R>;
    },
  };

  async function execute(query: CompiledQuery): Promise<QueryResult<unknown>> {
    const changes = query.sql === BATCH_SQL || isChange(query.sql);
    if (changes && connection.isInTransaction) connection.hasChanged = true;
    const result = await executeOn(thread, query);
    if (changes && !connection.isInTransaction) onChange();
    return result;
  }

  return connection;
}

function createDriver(pool: ConnectionPool, beginSql: string, onChange: () => void): Driver {
  const run = (connection: DatabaseConnection, command: string) =>
    connection.executeQuery(CompiledQuery.raw(command));
  return {
    async init() {},
    async acquireConnection(options?: AbortableOperationOptions) {
      return createPooledConnection(await pool.acquire(options?.signal), onChange);
    },
    async beginTransaction(connection) {
      await run(connection, beginSql);
      (connection as PooledConnection).isInTransaction = true;
    },
    async commitTransaction(connection) {
      await run(connection, "commit");
      const pooled = connection as PooledConnection;
      pooled.isInTransaction = false;
      if (pooled.hasChanged) onChange();
    },
    async rollbackTransaction(connection) {
      // SQLite has rolled back by itself after a full disk or a dead thread; the first error is the one to report.
      await run(connection, "rollback").catch(() => undefined);
    },
    async releaseConnection(connection) {
      pool.release((connection as PooledConnection).thread);
    },
    destroy: () => pool.close(),
  };
}

/**
 * Kysely's SQLite dialect over a pool of connection threads. With `immediate` a transaction takes the write lock when it
 * begins, so that it cannot fail half-way for want of it.
 */
export function createThreadDialect(
  pool: ConnectionPool,
  options: {
    readonly immediate: boolean;
    /** Called when something that was written can be seen by others. */
    readonly onChange?: () => void;
  },
): Dialect {
  const { immediate, onChange = () => {} } = options;
  return {
    createDriver: () => createDriver(pool, immediate ? "begin immediate" : "begin", onChange),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

/**
 * Runs the statements one after the other in a single message to the database thread, without rows. Atomic only inside a
 * transaction.
 */
export async function executeBatch<DB>(db: Kysely<DB>, statements: readonly Statement[]): Promise<void> {
  if (statements.length > 0) await db.executeQuery(CompiledQuery.raw(BATCH_SQL, [...statements]));
}
