/** How a connection thread opens its database. */
export interface ThreadOptions {
  /** Absolute path of the database file. */
  readonly file: string;
  readonly isReadOnly: boolean;
}

/** One SQL statement. Parameters are null, numbers, bigints, strings or bytes. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** What the main thread asks. `batch` gives no rows; `ids` gives the first column, non-negative integers, as one array. */
export type ThreadRequest =
  | { readonly id: number; readonly kind: "query" | "ids"; readonly statement: Statement }
  | { readonly id: number; readonly kind: "batch"; readonly statements: readonly Statement[] }
  | { readonly id: number; readonly kind: "close" };

/** What a statement did. `changes` and `insertId` are only there when it returns no rows. */
export interface StatementResult {
  readonly rows: readonly Record<string, unknown>[];
  readonly changes?: number;
  readonly insertId?: number;
}

/** An SQLite error in a form that travels; `errcode` is SQLite's extended result code. */
export interface ThreadFailure {
  readonly message: string;
  readonly errcode?: number;
}

/** The thread's answer to the request with the same id. */
export type ThreadReply =
  | { readonly id: number; readonly result: StatementResult }
  | { readonly id: number; readonly ids: Uint32Array }
  | { readonly id: number; readonly failure: ThreadFailure };
