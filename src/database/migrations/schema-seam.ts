import type { ColumnDefinitionBuilder, Kysely } from "kysely";

/** The few things in which the table definitions of two databases differ. */
export interface SchemaSeam {
  /** Column type of raw bytes. */
  readonly bytesType: "blob" | "bytea";
  /** Makes an integer column the primary key, with ids that are never used twice. */
  readonly identity: (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder;
  /** Makes the database refuse to change or delete rows of the table. */
  readonly makeAppendOnly: (db: Kysely<unknown>, table: string) => Promise<void>;
  /** Creates what full-text search needs. */
  readonly createTextIndex: (db: Kysely<unknown>) => Promise<void>;
}

/** One step of the schema's history. It is never changed once released; a later one corrects it. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  up(db: Kysely<unknown>, seam: SchemaSeam): Promise<void>;
}
