import type { ErrorCode } from "../../core/errors.ts";

/** How a connection thread opens its database. */
export interface ThreadOptions {
  /** Absolute path of the database file. */
  readonly file: string;
  readonly isReadOnly: boolean;
  /** Where the writer tells the others which photos it wrote to: see change-log.ts. */
  readonly log?: SharedArrayBuffer;
}

/** One SQL statement. Parameters are null, numbers, bigints, strings or bytes. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/**
 * What the main thread asks. `batch` gives no rows; `ids` gives the first column, non-negative integers, as one array; `task`
 * runs a piece of work of several statements beside the connection (see thread-tasks.ts).
 */
export type ThreadRequest =
  | { readonly id: number; readonly kind: "query" | "ids"; readonly statement: Statement }
  | { readonly id: number; readonly kind: "batch"; readonly statements: readonly Statement[] }
  | { readonly id: number; readonly kind: "task"; readonly task: string; readonly input: unknown }
  | { readonly id: number; readonly kind: "close" };

/** What a statement did. `changes` and `insertId` are only there when it returns no rows. */
export interface StatementResult {
  readonly rows: readonly Record<string, unknown>[];
  readonly changes?: number;
  readonly insertId?: number;
}

/** An error in a form that travels; `errcode` is SQLite's extended result code, `code` that of an error of ours. */
export interface ThreadFailure {
  readonly message: string;
  readonly errcode?: number;
  readonly code?: ErrorCode;
}

/** The thread's answer to the request with the same id. */
export type ThreadReply =
  | { readonly id: number; readonly result: StatementResult }
  | { readonly id: number; readonly ids: Uint32Array }
  | { readonly id: number; readonly output: unknown }
  | { readonly id: number; readonly failure: ThreadFailure };
